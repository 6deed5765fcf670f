import type { LogDescription } from "ethers";
import type { Address, Hex } from "../../util/types.ts";
import { ROLE, type Role } from "../interface.ts";
import type { RegistryEvent } from "../roster.ts";
import { type Header, readHeader } from "./blocks.ts";
import { lower } from "./contractReader.ts";
import type { Rpc } from "./failoverRpc.ts";
import { readLogs } from "./logs.ts";

/** As many readings back a common ancestor is looked for; beyond, all is read again. */
const CHECKPOINTS = 64;

interface Checkpoint {
  readonly number: number;
  readonly hash: Hex;
  /** Of the events up to this block. */
  readonly count: number;
}

interface Options {
  readonly address: Address;
  /** Block of deployment. */
  readonly deployed: number;
}

/** Everything that ever happened in the registry; each reading reads on from the last block that is still there. */
export class RegistryLog {
  readonly #options: Options;
  readonly #rpc: Rpc;
  readonly #events: RegistryEvent[] = [];
  readonly #checkpoints: Checkpoint[] = [];
  #reading: Promise<unknown> = Promise.resolve();

  constructor(options: Options, { rpc }: { readonly rpc: Rpc }) {
    this.#options = options;
    this.#rpc = rpc;
  }

  /** In the order in which they happened. */
  upTo(head: Header): Promise<readonly RegistryEvent[]> {
    const reading = this.#reading.then(() => this.#read(head));
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  async #read({ number, hash }: Header): Promise<readonly RegistryEvent[]> {
    await this.#dropTakenBack();
    const last = this.#checkpoints.at(-1);
    if (last === undefined || last.number < number) {
      const { address, deployed } = this.#options;
      const from = last === undefined ? deployed : last.number + 1;
      const logs = await readLogs(this.#rpc, { contract: "registry", address, from, to: number });
      this.#events.push(...logs.flatMap((log) => eventOf(log) ?? []));
      this.#checkpoints.push({ number, hash, count: this.#events.length });
      if (this.#checkpoints.length > CHECKPOINTS) this.#checkpoints.shift();
    }
    return [...this.#events];
  }

  async #dropTakenBack(): Promise<void> {
    for (let last = this.#checkpoints.at(-1); last !== undefined; last = this.#checkpoints.at(-1)) {
      if ((await readHeader(this.#rpc, last.number))?.hash === last.hash) break;
      this.#checkpoints.pop();
    }
    this.#events.length = this.#checkpoints.at(-1)?.count ?? 0;
  }
}

function eventOf({ name, args }: LogDescription): RegistryEvent | undefined {
  const node = lower(args["node"]);
  const fromEpoch = Number(args["fromEpoch"]);
  if (name === "StakeChanged") return { kind: "stake", node, stakeWei: args["stake"] as bigint, fromEpoch };
  if (name === "Suspended") return { kind: "suspended", node, fromEpoch };
  if (name === "Resumed") return { kind: "resumed", node, fromEpoch };
  if (name !== "Registered") return undefined;
  const role = (Object.keys(ROLE) as (keyof typeof ROLE)[]).find((known) => ROLE[known] === Number(args["role"]));
  if (role === undefined || role === "none") return undefined;
  return {
    kind: "registered",
    node,
    owner: lower(args["owner"]),
    role: role satisfies Role,
    index: Number(args["index"]),
    since: Number(args["since"]),
    stakeWei: args["stake"] as bigint,
  };
}
