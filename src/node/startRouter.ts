import { readFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createVault, recover, sealTo } from "../keys/index.ts";
import { createMetrics } from "../observability/metrics.ts";
import { createTransport } from "../p2p/index.ts";
import type { Transport } from "../p2p/interface.ts";
import { createHttpServer } from "../router/http/index.ts";
import { Router } from "../router/router.ts";
import { openStore } from "../store/index.ts";
import { writeText } from "../util/jsonFile.ts";
import { weiOfCor } from "../util/money.ts";
import { ensureClientSession } from "./clientSession.ts";
import { ControlSocket } from "./control.ts";
import { enrol } from "./enrol.ts";
import { FactsSource, type RoleFacts } from "./facts.ts";
import { openOperator, randomBytes32, TRANSCRIPTS } from "./identity.ts";
import { type Ground, type NodeDeps, type NodeOptions, prepareNode, type RunningNode } from "./nodeContext.ts";
import { newDraws } from "./newDraws.ts";
import { postAnchor } from "./postAnchor.ts";
import { type Earning, Redeemer } from "./redeemer.ts";
import { sessionFacts } from "./sessionFacts.ts";
import type { Session } from "../protocol/records.ts";
import type { StatusSnapshot } from "../observability/snapshot.ts";

/** A router of a practice network has this much to pay its miners with, and its API-key clients this much to spend. */
const CLIENT_DEPOSIT_WEI = 1000n * 10n ** 18n;
const REDEEM_MS = { practice: 5000, public: 3_600_000 } as const;
const DRAIN_MS = 3000;

interface Deps extends NodeDeps {
  /** Called when another process asks this one to end. */
  requestStop(): void;
  /** The network as this home sees it, for the status page. */
  status(): Promise<StatusSnapshot>;
}

/** Starts a router, whole or not at all. */
export async function startRouter(options: NodeOptions, deps: Deps): Promise<RunningNode> {
  const ground = await prepareNode(options, deps);
  try {
    return await build(ground, deps);
  } catch (error) {
    ground.log.error("start failed", {}, error);
    await ground.lifecycle.stop();
    throw error;
  }
}

async function build(ground: Ground, deps: Deps): Promise<RunningNode> {
  const { options, identity, chain, lifecycle, log } = ground;
  const { settings, home, name, preset } = options;
  // Stopped last of all parts, so that a node that drains can be asked how far it is.
  let control: ControlSocket | undefined;
  lifecycle.onStop("control", () => control?.stop());
  const session = await deps.step(
    "register",
    () => enrolRouter(ground),
    () => `node ${identity.node.address}`,
  );
  const store = await lifecycle.start("store", openStore({ file: home.node(name).storeFile }));
  const announced = settings.p2p.announce === "" ? [] : settings.p2p.announce.split(",").map((text) => text.trim());
  const transport = createTransport(
    {
      ...settings.p2p,
      privateKey: identity.node.privateKey,
      announce: announced,
      listen: {
        host: settings.p2p.host,
        port: settings.p2p.port,
        ...(settings.p2p.tcpPort !== undefined && { tcpPort: settings.p2p.tcpPort }),
      },
    },
    { log: log.child({ part: "p2p" }), clock: ground.clock },
  );
  const router = newRouter(ground, { session, transport, store });
  const earnings = (): readonly Earning[] => (router.ledger.clientEdge === undefined ? [] : [router.ledger.clientEdge]);
  const redeemer = new Redeemer(
    { intervalMs: preset.practice ? REDEEM_MS.practice : REDEEM_MS.public },
    {
      chain,
      actor: chain.as(identity.node),
      clock: ground.clock,
      log,
      earnings,
    },
  );
  lifecycle.onStop("redeemer", () => redeemer.stop());
  await lifecycle.start("router", router);
  await redeemer.start();
  const apiKey = await keepApiKey(home.node(name).folder);
  const facts = new FactsSource(ground, () => routerFacts({ router, redeemer, ground, url: () => `${http.url}/v1` }));
  const http = createHttpServer(
    {
      ...settings.router,
      apiKeys: [apiKey],
      software: options.software,
      network: preset.name,
      practice: preset.practice,
      batches: { folder: join(home.node(name).folder, "batches") },
    },
    {
      router,
      metrics: createMetrics(),
      log: log.child({ part: "http" }),
      signer: identity.node,
      chain,
      clock: ground.clock,
      status: () => deps.status(),
    },
  );
  await lifecycle.start("http", http);
  await announce(ground, [...transport.addresses(), http.url]);
  await ground.gas.start();
  control = new ControlSocket(home.node(name).socket, {
    "GET /facts": () => facts.read(),
    "GET /sessions": () => sessionFacts({ pays: router.ledger.minerEdges(), earns: earnings() }),
    "POST /stop": () => deps.requestStop(),
    "POST /redeem": async () => ({ redeemed: await redeemer.redeemAll() }),
  });
  await control.start();
  log.info("router ready", { url: http.url });
  return {
    ready: {
      type: "ready",
      name,
      role: "router",
      address: identity.node.address,
      owner: identity.owner,
      pid: process.pid,
      url: `${http.url}/v1`,
      apiKey,
      p2p: transport.addresses(),
    },
    facts: () => facts.read(),
    drainMs: DRAIN_MS,
    stop: () => lifecycle.stop(),
  };
}

async function enrolRouter(ground: Ground): Promise<Session> {
  const { identity, options, faucet, chain } = ground;
  const record = await enrol({ identity, role: "router", addresses: [], consent: options.consent }, ground);
  const operator = await openOperator(options.home);
  return await ensureClientSession(
    {
      folder: options.home.node(options.name).folder,
      router: identity.node.address,
      recipient: record.owner,
      operator,
      depositWei: CLIENT_DEPOSIT_WEI,
    },
    { chain, faucet },
  );
}

function newRouter(
  ground: Ground,
  parts: { session: Session; transport: Transport; store: ReturnType<typeof openStore> },
): Router {
  const { options, identity, chain, log, clock, work } = ground;
  const { router } = options.settings;
  return new Router(
    {
      network: options.preset.name,
      owner: identity.owner,
      software: options.software,
      clientSession: parts.session,
      minerDepositWei: weiOfCor(router.minerDepositCor),
      attempts: router.attempts,
      queueMs: router.queueMs,
      timeoutMs: router.timeoutMs,
      drainMs: DRAIN_MS,
      limits: router,
      audit: options.settings.audit,
    },
    {
      chain,
      transport: parts.transport,
      store: parts.store,
      signer: identity.node,
      recover,
      vault: createVault(identity.node.privateKey, TRANSCRIPTS),
      draws: newDraws(chain),
      anchor: (anchor) => postAnchor(anchor, { chain, identity }),
      sealTo,
      work,
      clock,
      log,
      random: () => Math.random(),
      randomBytes32,
    },
  );
}

/** Writes this router's addresses to the registry when they are not the ones that stand there. */
async function announce({ chain, identity }: Ground, addresses: readonly string[]): Promise<void> {
  const known = (await chain.node(identity.node.address))?.addresses ?? [];
  if (known.length === addresses.length && known.every((address, at) => address === addresses[at])) return;
  await chain.as(identity.node).announce(addresses);
}

/** The key of this installation's own clients: made once. */
async function keepApiKey(folder: string): Promise<string> {
  const file = join(folder, "api.key");
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const key = `ck_${randomBytes(32).toString("base64url")}`;
  await writeText(file, `${key}\n`);
  return key;
}

function routerFacts({
  router,
  redeemer,
  ground,
  url,
}: {
  router: Router;
  redeemer: Redeemer;
  ground: Ground;
  url: () => string;
}): RoleFacts {
  const served = router.models();
  return {
    state: router.draining ? "draining" : "serving",
    stateReason: served.length === 0 ? "no miner is connected" : null,
    url: url(),
    models: served.map(({ name, modelId }) => ({ name, modelId })),
    slots: router.slots(),
    receiptedWei: router.ledger.receiptedWei,
    vouchersWei: router.ledger.clientEdge?.voucher.record.cumulative ?? 0n,
    redeemedWei: redeemer.redeemedWei,
    peers: router.peers(),
    attention:
      served.length > 0
        ? []
        : [
            {
              code: "router-no-miners",
              severity: "warn",
              node: ground.options.name,
              text: `${ground.options.name} has no miner`,
              since: ground.startedAt,
              try: "cortensor miner start",
            },
          ],
  };
}
