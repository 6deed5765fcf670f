import type { LogDescription, Result } from "ethers";
import { voteId } from "../../protocol/reportSeal.ts";
import type { Address, Hex } from "../../util/types.ts";
import type { Ballot, Block, EpochRecord, NetworkParameters } from "../interface.ts";
import { rosterAt, validatorWeight } from "../roster.ts";
import { quantity, readHeader } from "./blocks.ts";
import { type Addresses, lower, readView } from "./contractReader.ts";
import { CONTRACTS } from "./contracts.ts";
import type { Rpc } from "./failoverRpc.ts";
import { atOneHead, firstBlockAt, readLogs } from "./logs.ts";
import { RegistryLog } from "./registryLog.ts";

const NOT_SETTLED: Hex = `0x${"00".repeat(32)}`;
/** Counted from the first block at or after the end of anchoring. */
const DRAWING_BLOCK = 3;

interface Options {
  readonly parameters: NetworkParameters;
  /** Block of deployment. */
  readonly deployed: number;
}

interface Deps {
  readonly rpc: Rpc;
  readonly addresses: Addresses;
}

/** Reads what the rewards contract holds, and what its events say. */
export class EpochReader {
  readonly #options: Options;
  readonly #deps: Deps;
  readonly #registry: RegistryLog;

  constructor(options: Options, deps: Deps) {
    this.#options = options;
    this.#deps = deps;
    this.#registry = new RegistryLog({ address: deps.addresses.registry, deployed: options.deployed }, deps);
  }

  record(epoch: number): Promise<EpochRecord> {
    const { rpc } = this.#deps;
    return atOneHead(rpc, async (head) => {
      const { deployed, parameters } = this.#options;
      const begin = this.#endOf(epoch);
      const range = { deployed, head };
      const from = await firstBlockAt(rpc, begin, range);
      const after = await firstBlockAt(rpc, begin + parameters.revealSeconds, range);
      const to = after === undefined ? head.number : after - 1;
      const logs = from === undefined ? [] : await this.#logs(epoch, { from, to });
      const events = await this.#registry.upTo(head);
      return {
        epoch,
        nodes: rosterAt(events, epoch),
        totalWeight: validatorWeight(events, epoch + 1),
        ...sorted(logs),
      };
    });
  }

  drawingBlock(epoch: number): Promise<Block | undefined> {
    const { rpc } = this.#deps;
    return atOneHead(rpc, async (head) => {
      const { deployed, parameters } = this.#options;
      const closed = await firstBlockAt(rpc, this.#endOf(epoch) + parameters.anchorSeconds, { deployed, head });
      if (closed === undefined || closed + DRAWING_BLOCK - 1 > head.number) return undefined;
      const block = await readHeader(rpc, closed + DRAWING_BLOCK - 1);
      return block === undefined ? undefined : { number: block.number, hash: block.hash, timestamp: block.timestamp };
    });
  }

  async ballot(node: Address): Promise<Ballot> {
    const [ballot] = await this.#view("ballots", node);
    const { anchored, committed, revealed } = ballot as Readonly<Record<keyof Ballot, bigint>>;
    const epochOf = (count: bigint): number | undefined => (count === 0n ? undefined : Number(count) - 1);
    return { anchored: epochOf(anchored), committed: epochOf(committed), revealed: epochOf(revealed) };
  }

  async votes(epoch: number, payout: Hex): Promise<bigint> {
    const [weight] = await this.#view("votes", voteId(epoch, payout));
    return weight as bigint;
  }

  async payout(epoch: number): Promise<Hex | undefined> {
    if (epoch < 0) return undefined;
    const [root] = await this.#view("payouts", epoch);
    return root === NOT_SETTLED ? undefined : (root as Hex);
  }

  async settledEpochs(): Promise<number> {
    const [count] = await this.#view("settledEpochs");
    return Number(count);
  }

  async claimed(owner: Address): Promise<bigint> {
    const [amountWei] = await this.#view("claimed", owner);
    return amountWei as bigint;
  }

  #endOf(epoch: number): number {
    const { genesis, epochSeconds } = this.#options.parameters;
    return genesis + (epoch + 1) * epochSeconds;
  }

  #view(name: string, ...args: readonly unknown[]): Promise<Result> {
    const { rpc, addresses } = this.#deps;
    return readView(rpc, { contract: "rewards", address: addresses.rewards, name, args });
  }

  #logs(epoch: number, range: { readonly from: number; readonly to: number }): Promise<readonly LogDescription[]> {
    const { rpc, addresses } = this.#deps;
    const events = ["Anchored", "Committed", "Revealed"].map((name) => {
      const topic = CONTRACTS.rewards.getEvent(name)?.topicHash;
      if (topic === undefined) throw new Error(`no event ${name}`);
      return topic as Hex;
    });
    const number: Hex = `0x${quantity(epoch).slice(2).padStart(64, "0")}`;
    return readLogs(rpc, { contract: "rewards", address: addresses.rewards, topics: [events, number], ...range });
  }
}

function sorted(logs: readonly LogDescription[]): Pick<EpochRecord, "anchors" | "commits" | "reveals"> {
  const argsOf = (wanted: string): readonly Result[] =>
    logs.filter(({ name }) => name === wanted).map(({ args }) => args);
  return {
    anchors: argsOf("Anchored").map((args) => ({
      node: lower(args["node"]),
      root: args["root"] as Hex,
      count: Number(args["count"]),
      feeSumWei: args["feeSum"] as bigint,
    })),
    commits: argsOf("Committed").map((args) => ({
      validator: lower(args["validator"]),
      seal: args["seal"] as Hex,
      report: args["report"] as Hex,
    })),
    reveals: argsOf("Revealed").map((args) => ({
      validator: lower(args["validator"]),
      key: args["key"] as Hex,
      payout: args["payout"] as Hex,
      weight: args["weight"] as bigint,
    })),
  };
}
