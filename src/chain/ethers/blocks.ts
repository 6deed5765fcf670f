import { CortensorError } from "../../errors/cortensorError.ts";
import type { Hex } from "../../util/types.ts";
import type { Block } from "../interface.ts";
import type { Rpc } from "./failoverRpc.ts";

/** A block with what following the chain and paying for gas need. */
export interface Header extends Block {
  readonly parent: Hex;
  /** Wei; undefined on chains without EIP-1559. */
  readonly baseFeeWei: bigint | undefined;
}

/** Undefined when the chain has no such block. */
export async function readHeader(rpc: Rpc, tag: number | "latest"): Promise<Header | undefined> {
  const raw = await readBlock(rpc, typeof tag === "number" ? quantity(tag) : tag);
  if (raw === undefined) return undefined;
  const { number, hash, parentHash, timestamp, baseFeePerGas } = raw;
  if (!isHex(number) || !isHex(hash) || !isHex(parentHash) || !isHex(timestamp)) throw malformed("block");
  return {
    number: Number(number),
    hash,
    parent: parentHash,
    timestamp: Number(timestamp),
    baseFeeWei: isHex(baseFeePerGas) ? BigInt(baseFeePerGas) : undefined,
  };
}

/** The time that a transaction sent now would see, in seconds. */
export async function pendingTimestamp(rpc: Rpc): Promise<number> {
  const timestamp = (await readBlock(rpc, "pending"))?.timestamp;
  if (!isHex(timestamp)) throw malformed("block");
  return Number(timestamp);
}

/** A number as JSON-RPC writes it. */
export function quantity(value: number | bigint): Hex {
  return `0x${value.toString(16)}`;
}

export function isHex(value: unknown): value is Hex {
  return typeof value === "string" && /^0x[0-9a-f]*$/i.test(value);
}

/** The error for an answer that is not what JSON-RPC says it is. */
export function malformed(what: string): CortensorError {
  return new CortensorError("rpc-unreachable", `the chain endpoint answered with a malformed ${what}`, {
    data: { what },
  });
}

async function readBlock(rpc: Rpc, tag: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const raw = await rpc.call("eth_getBlockByNumber", [tag, false]);
  if (raw === null || raw === undefined) return undefined;
  if (typeof raw !== "object") throw malformed("block");
  return raw as Readonly<Record<string, unknown>>;
}
