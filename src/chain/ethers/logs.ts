import type { LogDescription } from "ethers";
import { CortensorError } from "../../errors/cortensorError.ts";
import type { Address, Hex } from "../../util/types.ts";
import { type Header, malformed, quantity, readHeader } from "./blocks.ts";
import { CONTRACTS, type ContractName } from "./contracts.ts";
import type { Rpc } from "./failoverRpc.ts";
import { translate } from "./translate.ts";

interface Query {
  readonly contract: ContractName;
  readonly address: Address;
  /** As `eth_getLogs` takes them; all events without. */
  readonly topics?: readonly (Hex | readonly Hex[])[];
  readonly from: number;
  /** Included. */
  readonly to: number;
}

interface RawLog {
  readonly topics: string[];
  readonly data: string;
}

/** The events of a range of blocks, in their order. Where an endpoint refuses a range as too long, it is read in halves. */
export async function readLogs(rpc: Rpc, query: Query): Promise<readonly LogDescription[]> {
  const { contract, address, topics = [], from, to } = query;
  if (from > to) return [];
  const filter = { address, topics, fromBlock: quantity(from), toBlock: quantity(to) };
  try {
    const logs = await rpc.call("eth_getLogs", [filter]);
    if (!Array.isArray(logs)) throw malformed("list of logs");
    return (logs as RawLog[]).flatMap((log) => CONTRACTS[contract].parseLog(log) ?? []);
  } catch (error) {
    if (error instanceof CortensorError || from === to) throw translate(error, { action: "give its logs" });
    const middle = Math.floor((from + to) / 2);
    const first = await readLogs(rpc, { ...query, to: middle });
    return [...first, ...(await readLogs(rpc, { ...query, from: middle + 1 }))];
  }
}

/** The newest block, and that it was still part of the chain when `read` was done: what it read is of one chain. */
export async function atOneHead<T>(rpc: Rpc, read: (head: Header) => Promise<T>): Promise<T> {
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    const head = await readHeader(rpc, "latest");
    if (head === undefined) continue;
    const result = await read(head);
    if ((await readHeader(rpc, head.number))?.hash === head.hash) return result;
  }
  throw new CortensorError("rpc-unreachable", "the chain changed each time its logs were read");
}

/** Number of the first block at this time or later, in seconds; undefined while there is none. */
export async function firstBlockAt(
  rpc: Rpc,
  timestamp: number,
  { deployed, head }: { readonly deployed: number; readonly head: Header },
): Promise<number | undefined> {
  if (head.timestamp < timestamp) return undefined;
  let [low, high] = [deployed, head.number];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const block = await readHeader(rpc, middle);
    if (block === undefined) throw malformed("block");
    if (block.timestamp < timestamp) low = middle + 1;
    else high = middle;
  }
  return low;
}
