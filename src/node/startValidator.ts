import { NodeAsker } from "../audit/nodeAsker.ts";
import type { NodeRecord } from "../chain/interface.ts";
import { createMailbox, recover } from "../keys/index.ts";
import { createTransport } from "../p2p/index.ts";
import type { Transport } from "../p2p/interface.ts";
import { findCard } from "../replay/cards.ts";
import { httpLeafPages } from "../validator/httpLeafPages.ts";
import { Validator } from "../validator/validator.ts";
import { ControlSocket } from "./control.ts";
import { enrol } from "./enrol.ts";
import { FactsSource, type RoleFacts } from "./facts.ts";
import { randomBytes32 } from "./identity.ts";
import { newDraws } from "./newDraws.ts";
import { type Ground, type NodeDeps, type NodeOptions, prepareNode, type RunningNode } from "./nodeContext.ts";
import { ReplayModels } from "./replayModels.ts";

/** A node that has not answered through one router by then is asked through the next. */
const PING_MS = 5000;

/** Starts a validator, whole or not at all. `requestStop` is called when another process asks this one to end. */
export async function startValidator(
  options: NodeOptions,
  deps: NodeDeps & { requestStop(): void },
): Promise<RunningNode> {
  const ground = await prepareNode(options, deps);
  try {
    return await build(ground, deps);
  } catch (error) {
    ground.log.error("start failed", {}, error);
    await ground.lifecycle.stop();
    throw error;
  }
}

async function build(ground: Ground, deps: NodeDeps & { requestStop(): void }): Promise<RunningNode> {
  const { options, identity, chain, lifecycle, log, clock } = ground;
  const { settings, home, name } = options;
  let control: ControlSocket | undefined;
  lifecycle.onStop("control", () => control?.stop());
  const record = await deps.step(
    "register",
    () => enrol({ identity, role: "validator", addresses: [], consent: options.consent }, ground),
    ({ address }) => `node ${address}`,
  );
  const transport = await lifecycle.start(
    "transport",
    createTransport(
      { ...settings.p2p, announce: [], privateKey: identity.node.privateKey, listen: undefined },
      { log: log.child({ part: "p2p" }), clock },
    ),
  );
  const asker = newAsker(ground, transport);
  const models = await lifecycle.start("models", new ReplayModels(ground));
  const validator = new Validator({
    chain,
    signer: identity.node,
    recover,
    clock,
    log,
    asker,
    ping: pinging(ground, asker),
    draws: newDraws(chain),
    pages: httpLeafPages,
    engineFor: (modelId) => models.engineFor(modelId),
    cardFor: (modelId) => findCard(modelId, home.modelsFolder),
  });
  await lifecycle.start("validator", validator);
  const facts = new FactsSource(ground, () => validatorFacts(validator));
  await ground.gas.start();
  control = new ControlSocket(home.node(name).socket, {
    "GET /facts": () => facts.read(),
    "GET /sessions": () => [],
    "POST /stop": () => deps.requestStop(),
    "POST /redeem": () => ({ redeemed: 0 }),
  });
  await control.start();
  log.info("checking");
  return {
    ready: {
      type: "ready",
      name,
      role: "validator",
      address: identity.node.address,
      owner: record.owner,
      pid: process.pid,
    },
    facts: () => facts.read(),
    drainMs: 0,
    stop: () => lifecycle.stop(),
  };
}

function newAsker({ chain, identity }: Ground, transport: Transport): NodeAsker {
  return new NodeAsker({
    chain,
    transport,
    signer: identity.node,
    newMailbox: createMailbox,
    recover,
    randomBytes32,
  });
}

/** Asks a router itself, and a miner through the routers in turn, until one of them brings its signed answer. */
function pinging({ chain }: Ground, asker: NodeAsker) {
  return async (node: NodeRecord, signal: AbortSignal): Promise<boolean> => {
    const routers = node.role === "router" ? [node] : await chain.nodes("router");
    const { epoch } = chain.epoch();
    for (const { addresses } of routers) {
      const via = addresses.find((text) => text.startsWith("/"));
      if (via === undefined) continue;
      const within = AbortSignal.any([signal, AbortSignal.timeout(PING_MS)]);
      const pong = await asker.pong({ via, node: node.address, epoch }, within).catch(() => undefined);
      if (pong !== undefined) return true;
      signal.throwIfAborted();
    }
    return false;
  };
}

function validatorFacts(validator: Validator): RoleFacts {
  const { asked, nodes } = validator.facts();
  return {
    state: "checking",
    stateReason: null,
    url: null,
    models: [],
    slots: { busy: Math.min(asked, nodes), total: nodes },
    receiptedWei: 0n,
    vouchersWei: 0n,
    redeemedWei: 0n,
    peers: [],
    attention: [],
  };
}
