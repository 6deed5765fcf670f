import { bytesOf, concatBytes, hexOf } from "../util/hex.ts";
import type { Address, Hex } from "../util/types.ts";
import { keccak } from "./hash.ts";
import type { Domain } from "./records.ts";
import { WordLayout } from "./wordLayout.ts";

const BLOCK_BYTES = 32;
const padLayout = new WordLayout("bytes32 key,address validator,uint32 block");
const voteLayout = new WordLayout("uint32 epoch,bytes32 payout");
const sealLayout = new WordLayout("bytes32 key,address validator,uint32 epoch,bytes32 payout");

/** What is fixed by a seal, besides the report that its key opens. */
export interface Opening {
  readonly key: Hex;
  readonly validator: Address;
  readonly epoch: number;
  /** Root of the payouts through the epoch before; zero abstains. */
  readonly payout: Hex;
}

/**
 * What a validator's key authenticates to get the key of one report: "report", chain id (32 bytes), runtime, epoch (4
 * bytes). So a validator with nothing but its key can always reveal.
 */
export function reportLabel({ chainId, runtime }: Domain, epoch: number): Uint8Array {
  const numbers = Buffer.alloc(BLOCK_BYTES + 4);
  numbers.writeBigUInt64BE(BigInt(chainId), BLOCK_BYTES - 8);
  numbers.writeUInt32BE(epoch, BLOCK_BYTES);
  const text = new TextEncoder().encode("report");
  return concatBytes(text, numbers.subarray(0, BLOCK_BYTES), bytesOf(runtime), numbers.subarray(BLOCK_BYTES));
}

/** What the contract compares a revealed key and vote with. */
export function sealOf(opening: Opening): Hex {
  return sealLayout.hash(opening);
}

/** Under what the contract counts the votes for a root of the payouts through an epoch. */
export function voteId(epoch: number, payout: Hex): Hex {
  return voteLayout.hash({ epoch, payout });
}

/** Seals a report, and opens a sealed one: block i is combined with keccak(key, validator, i). */
export function padReport(report: Uint8Array, { key, validator }: Pick<Opening, "key" | "validator">): Uint8Array {
  const padded = Uint8Array.from(report);
  for (let block = 0; block * BLOCK_BYTES < padded.length; block += 1) {
    const pad = bytesOf(padLayout.hash({ key, validator, block }));
    const from = block * BLOCK_BYTES;
    for (let at = 0; at < BLOCK_BYTES && from + at < padded.length; at += 1) {
      padded[from + at] = (padded[from + at] ?? 0) ^ (pad[at] ?? 0);
    }
  }
  return padded;
}

/** Whether a leaf of the anchored receipts is to be replayed: keccak(block hash, leaf) below a share, in millionths. */
export function isDrawn(leaf: Hex, { blockHash, millionths }: { blockHash: Hex; millionths: number }): boolean {
  const hash = keccak(concatBytes(bytesOf(blockHash), bytesOf(leaf)));
  return BigInt(hash) * 1_000_000n < BigInt(millionths) << 256n;
}

/** Hexadecimal text of a report that is sealed already. */
export function sealedReport(report: Uint8Array, opening: Opening): { readonly seal: Hex; readonly report: Hex } {
  return { seal: sealOf(opening), report: hexOf(padReport(report, opening)) };
}
