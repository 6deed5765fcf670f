import { createChain } from "../chain/index.ts";
import { createFaucet } from "../chain/index.ts";
import type { Chain, Faucet, NetworkPreset, Role } from "../chain/interface.ts";
import type { Settings } from "../config/tree.ts";
import { EventList } from "../observability/events.ts";
import { createLog, type Log } from "../observability/log.ts";
import type { NodeFacts } from "../observability/snapshot.ts";
import { WorkMeter } from "../observability/work.ts";
import type { Address, Clock } from "../util/types.ts";
import { join } from "node:path";
import { type Home, privateFolder } from "./home.ts";
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
  readonly role: "router" | "miner";
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
  /** Drains and stops; may be called twice. */
  stop(): Promise<void>;
}

/** What every role is built on: lock, keys, log, chain. */
export interface Ground {
  readonly options: NodeOptions;
  readonly identity: Identity;
  readonly chain: Chain;
  readonly faucet: Faucet | undefined;
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
  const paths = home.node(name);
  const lock = lockHome(home, name);
  await privateFolder(paths.folder);
  await privateFolder(paths.logFolder);
  const log = createLog({ level: settings.general.logLevel as "info", file: join(paths.logFolder, "node.log") }).child({
    node: name,
  });
  const lifecycle = new Lifecycle(log);
  lifecycle.onStop("lock", () => lock.release());
  try {
    const identity = await deps.step(
      "keys",
      () => openIdentity({ ...options, practice: preset.practice }),
      ({ node, owner }) => `node ${node.address}, owner ${owner}`,
    );
    const { node, owner } = identity;
    await writeNodeRecord(home, { name, role, network: preset.name, address: node.address, owner });
    const chain = createChain(
      { preset: withRpc(preset, settings.chain.rpc) },
      { log: log.child({ part: "chain" }), clock: deps.clock },
    );
    await lifecycle.start("chain", chain);
    const faucet = preset.practice && preset.treasury !== undefined ? createFaucet({ preset }) : undefined;
    const { clock } = deps;
    return {
      options,
      identity,
      chain,
      faucet,
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

export type { Role };
