import { createChain } from "../chain/index.ts";
import { createFaucet } from "../chain/index.ts";
import type { Chain, Faucet, NetworkPreset } from "../chain/interface.ts";
import type { Settings } from "../config/tree.ts";
import { EventList } from "../observability/events.ts";
import { createLog, type Log, type LogLevel } from "../observability/log.ts";
import type { NodeFacts } from "../observability/snapshot.ts";
import { WorkMeter } from "../observability/work.ts";
import { quickenKeccak256 } from "../protocol/keccak256.ts";
import type { Address, Clock } from "../util/types.ts";
import { join } from "node:path";
import { type Home, privateFolder } from "./home.ts";
import { GasWatch } from "./gasWatch.ts";
import { type Identity, openIdentity } from "./identity.ts";
import type { ReadyMessage } from "./ipc.ts";
import { Lifecycle } from "./lifecycle.ts";
import { lockHome } from "./lock.ts";
import { writeNodeRecord } from "./nodeRecord.ts";
import { withRpc } from "./withRpc.ts";

/** What a node is started with. */
export interface NodeOptions {
  readonly home: Home;
  readonly name: string;
  readonly role: "router" | "miner" | "validator";
  readonly preset: NetworkPreset;
  readonly settings: Settings;
  /** Version of this program. */
  readonly software: string;
  /** Agrees to spend where money has value. */
  readonly consent: boolean;
  readonly ownerAddress?: Address;
  ownerPassword?(isNew: boolean): Promise<string>;
}

export interface NodeDeps {
  readonly clock: Clock;
  /** Shows a step of the start; `result` words what it made. */
  step<T>(label: string, work: () => Promise<T>, result: (value: T) => string): Promise<T>;
}

/** A node that runs. */
export interface RunningNode {
  readonly ready: ReadyMessage;
  facts(): NodeFacts;
  /** The longest that `stop` waits for answers that run. */
  readonly drainMs: number;
  /** Drains and stops; may be called twice. */
  stop(): Promise<void>;
}

/** What every role is built on: lock, keys, log, chain. */
export interface Ground {
  readonly options: NodeOptions;
  readonly identity: Identity;
  readonly chain: Chain;
  readonly faucet: Faucet | undefined;
  /** Started when the node has been funded. */
  readonly gas: GasWatch;
  readonly log: Log;
  readonly work: WorkMeter;
  readonly events: EventList;
  readonly lifecycle: Lifecycle;
  readonly clock: Clock;
  readonly startedAt: string;
}

/** Takes the node's name, opens its keys and connects to the chain. On an error nothing stays behind. */
export async function prepareNode(options: NodeOptions, deps: NodeDeps): Promise<Ground> {
  const { home, name, role, preset, settings } = options;
  await privateFolder(home.root);
  const lock = lockHome(home, name);
  const log = await openLog(options).catch((error: unknown) => {
    lock.release();
    throw error;
  });
  const lifecycle = new Lifecycle(log);
  // A process that is told to end at once still does not look as if it had crashed.
  const release = (): void => lock.release();
  process.once("exit", release);
  lifecycle.onStop("lock", () => {
    process.off("exit", release);
    lock.release();
  });
  try {
    const identity = await deps.step(
      "keys",
      () => openIdentity({ ...options, practice: preset.practice }),
      ({ node, owner }) => `node ${node.address}, owner ${owner}`,
    );
    const { node, owner } = identity;
    await writeNodeRecord(home, { name, role, network: preset.name, address: node.address, owner });
    const { clock } = deps;
    const reached = withRpc(preset, settings.chain.rpc);
    const chain = createChain({ preset: reached }, { log: log.child({ part: "chain" }), clock });
    await lifecycle.start("chain", chain);
    const faucet = preset.practice && preset.treasury !== undefined ? createFaucet({ preset: reached }) : undefined;
    const gas = new GasWatch(node.address, { chain, clock });
    lifecycle.onStop("gas", () => gas.stop());
    await quickenKeccak256();
    return {
      options,
      identity,
      chain,
      faucet,
      gas,
      log,
      work: new WorkMeter(clock),
      events: new EventList(clock),
      lifecycle,
      clock,
      startedAt: new Date(clock.now()).toISOString(),
    };
  } catch (error) {
    log.error("start failed", {}, error);
    await lifecycle.stop();
    throw error;
  }
}

async function openLog({ home, name, settings }: NodeOptions): Promise<Log> {
  const { logFolder } = home.node(name);
  await privateFolder(logFolder);
  const level = settings.general.logLevel as LogLevel;
  return createLog({ level, file: join(logFolder, "node.log") }).child({ node: name });
}
