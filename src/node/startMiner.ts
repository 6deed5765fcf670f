import { createEngine } from "../engine/index.ts";
import type { Engine } from "../engine/interface.ts";
import { createVault, recover, sealTo } from "../keys/index.ts";
import { Miner } from "../miner/miner.ts";
import { type Chaos, createTransport, keepOpen } from "../p2p/index.ts";
import { PROTOCOLS, type Transport } from "../p2p/interface.ts";
import type { Store } from "../store/interface.ts";
import { openStore } from "../store/index.ts";
import { sleep } from "../util/async.ts";
import type { Address, Clock } from "../util/types.ts";
import { weiOfCor, weiPerToken } from "../util/money.ts";
import { ControlSocket } from "./control.ts";
import { enrol } from "./enrol.ts";
import { FactsSource, type RoleFacts } from "./facts.ts";
import { newDraws } from "./newDraws.ts";
import { postAnchor } from "./postAnchor.ts";
import { randomBytes32, TRANSCRIPTS } from "./identity.ts";
import { changeChaos, openChaos } from "./minerChaos.ts";
import { LineWatch } from "./lineWatch.ts";
import { type Ground, type NodeDeps, type NodeOptions, prepareNode, type RunningNode } from "./nodeContext.ts";
import { Redeemer } from "./redeemer.ts";
import { sessionFacts } from "./sessionFacts.ts";

/** Vouchers are worth redeeming this often where gas costs nothing, and seldom elsewhere. */
const REDEEM_MS = { practice: 5000, public: 3_600_000 } as const;

const CONNECT_MS = 2000;

/** Starts a miner, whole or not at all. `requestStop` is called when another process asks this one to end. */
export async function startMiner(
  options: NodeOptions & { readonly routers: readonly string[] },
  deps: NodeDeps & { requestStop(): void },
): Promise<RunningNode> {
  const ground = await prepareNode(options, deps);
  try {
    return await build(ground, { ...deps, routers: options.routers });
  } catch (error) {
    ground.log.error("start failed", {}, error);
    await ground.lifecycle.stop();
    throw error;
  }
}

async function build(
  ground: Ground,
  deps: NodeDeps & { requestStop(): void; readonly routers: readonly string[] },
): Promise<RunningNode> {
  const { options, identity, chain, lifecycle, log, clock } = ground;
  const { settings, home, name, preset } = options;
  // Stopped last of all parts, so that a node that drains can be asked how far it is.
  let control: ControlSocket | undefined;
  lifecycle.onStop("control", () => control?.stop());
  // Loading a model and registering have nothing to do with each other, and each takes its time.
  const engine = newEngine(ground);
  const [record] = await both([
    deps.step(
      "register",
      () => enrol({ identity, role: "miner", addresses: [], consent: options.consent }, ground),
      ({ address }) => `node ${address}`,
    ),
    deps.step(
      "model",
      () => lifecycle.start("engine", engine),
      ({ model, slots }) => `${model.name}, ${slots} slots`,
    ),
  ]);
  const store = await lifecycle.start("store", openStore({ file: home.node(name).storeFile }));
  const transport = await lifecycle.start(
    "transport",
    createTransport(
      { ...settings.p2p, announce: [], privateKey: identity.node.privateKey, listen: undefined },
      { log: log.child({ part: "p2p" }), clock },
    ),
  );
  const actor = chain.as(identity.node);
  const redeemer = new Redeemer(
    { intervalMs: preset.practice ? REDEEM_MS.practice : REDEEM_MS.public },
    { chain, actor, clock, log, earnings: () => miner.ledger.sessions() },
  );
  const chaos = openChaos(ground, () => deps.requestStop());
  const miner = newMiner(ground, { engine, store, transport, chaos, owner: record.owner, routers: deps.routers });
  // Stopped after the miner and before the store: when it redeems, the last vouchers are in.
  lifecycle.onStop("redeemer", () => redeemer.stop());
  await lifecycle.start("miner", miner);
  await deps.step(
    "routers",
    () => untilConnected(miner, clock),
    (count) => (count === 0 ? "none answers yet; goes on looking" : `${count} connected`),
  );
  await redeemer.start();
  const facts = new FactsSource(ground, () => minerFacts({ miner, engine, redeemer, ground }));
  await ground.gas.start();
  control = new ControlSocket(home.node(name).socket, {
    "GET /facts": () => facts.read(),
    "GET /sessions": () => sessionFacts({ pays: [], earns: miner.ledger.sessions() }),
    "POST /stop": () => deps.requestStop(),
    "POST /redeem": async () => ({ redeemed: await redeemer.redeemAll() }),
    ...(chaos !== undefined && { "POST /chaos": (spec: string) => changeChaos(chaos, { spec, log }) }),
  });
  await control.start();
  log.info("serving", { model: engine.model.name });
  return {
    ready: {
      type: "ready",
      name,
      role: "miner",
      address: identity.node.address,
      owner: record.owner,
      pid: process.pid,
      models: [engine.model.name],
    },
    facts: () => facts.read(),
    drainMs: settings.miner.drainMs,
    stop: () => lifecycle.stop(),
  };
}

interface MinerParts {
  readonly engine: Engine;
  readonly store: Store;
  readonly transport: Transport;
  readonly chaos: Chaos | undefined;
  readonly owner: Address;
  readonly routers: readonly string[];
}

function newMiner(ground: Ground, { engine, store, transport, chaos, owner, routers }: MinerParts): Miner {
  const { options, identity, chain, log, clock, work } = ground;
  const { miner } = options.settings;
  return new Miner(
    {
      owner,
      software: options.software,
      promptPrice: weiPerToken(miner.promptPrice),
      outputPrice: weiPerToken(miner.outputPrice),
      exposureWei: weiOfCor(miner.exposureCor),
      drainMs: miner.drainMs,
      routers,
      audit: options.settings.audit,
    },
    {
      chain,
      engine,
      store,
      signer: identity.node,
      recover,
      vault: createVault(identity.node.privateKey, TRANSCRIPTS),
      draws: newDraws(chain),
      anchor: (anchor) => postAnchor(anchor, { chain, identity }),
      sealTo,
      work,
      clock,
      log,
      randomBytes32,
      handle: (protocol, accept) => transport.handle(protocol, accept),
      keepOpen: (address, onStream) => {
        const line = new LineWatch(address, log.child({ part: "p2p" }));
        const kept = keepOpen({
          address,
          protocol: PROTOCOLS.task,
          transport,
          clock,
          onStream: (stream) => {
            line.up();
            return onStream(chaos?.over(stream) ?? stream);
          },
          onDown: (down) => line.down(down),
        });
        return () => void kept.stop();
      },
    },
  );
}

/** A miner that says it is ready can be asked at once where there is a router; where there is none it waits for one later. */
async function untilConnected(miner: Miner, clock: Clock): Promise<number> {
  const until = clock.now() + CONNECT_MS;
  while (miner.connected === 0 && clock.now() < until) await sleep(20, undefined, clock);
  return miner.connected;
}

/** As `Promise.all`, and no work is left running when one part fails: what it starts must be there to be stopped. */
async function both<A, B>(parts: readonly [Promise<A>, Promise<B>]): Promise<[A, B]> {
  await Promise.allSettled(parts);
  return Promise.all(parts);
}

function newEngine({ options, log, clock }: Ground): Engine {
  const { engine } = options.settings;
  return createEngine(
    {
      kind: engine.engine as "llama" | "scripted",
      modelFile: engine.model,
      threads: engine.threads,
      slots: engine.slots,
      contextTokens: engine.contextTokens,
      folder: options.home.modelsFolder,
      ...(engine.script !== undefined && { script: engine.script }),
    },
    { log: log.child({ part: "engine" }), clock },
  );
}

function minerFacts({
  miner,
  engine,
  redeemer,
  ground,
}: {
  miner: Miner;
  engine: Engine;
  redeemer: Redeemer;
  ground: Ground;
}): RoleFacts {
  const connected = miner.connected > 0;
  const state = miner.draining ? "draining" : connected ? "serving" : "starting";
  return {
    state,
    stateReason: state === "starting" ? "no router is connected" : null,
    url: null,
    models: [{ name: engine.model.name, modelId: engine.model.modelId }],
    slots: { busy: ground.work.running, total: engine.slots },
    receiptedWei: miner.ledger.receiptedWei,
    vouchersWei: miner.ledger.vouchersWei,
    redeemedWei: redeemer.redeemedWei,
    peers: miner.peers(),
    attention: [],
  };
}
