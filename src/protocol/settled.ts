import { z } from "zod";
import { bytesOf, concatBytes } from "../util/hex.ts";
import type { Address, Hex } from "../util/types.ts";
import { decode, encode } from "./codec.ts";
import { keccak } from "./hash.ts";
import { STATE_BYTES } from "./nodeState.ts";
import { payoutLeaf, PayoutTree } from "./payoutTree.ts";
import { addressSchema, uint32Schema, uintTextSchema } from "./schemas.ts";

/** Owner of the leaf that carries the hash of the state. */
const NOBODY: Address = `0x${"00".repeat(20)}`;

/** What the payouts through an epoch are made of. */
export interface Settled {
  /** -1 before the first. */
  readonly epoch: number;
  /** Eight bytes for each index of the registry. */
  readonly nodes: Uint8Array;
  /** What each owner has earned since the beginning, in wei. */
  readonly totals: ReadonlyMap<Address, bigint>;
}

/** What there is before epoch 0. */
export const NOTHING_SETTLED: Settled = { epoch: -1, nodes: new Uint8Array(), totals: new Map() };

const settledSchema = z.strictObject({
  epoch: uint32Schema,
  nodes: z.instanceof(Uint8Array).refine((bytes) => bytes.length % STATE_BYTES === 0),
  totals: z.array(z.tuple([addressSchema, uintTextSchema(96)])),
});

/** What validators vote on. */
export function settledRoot(settled: Settled): Hex {
  return treeOf(settled).root;
}

/** Siblings with which an owner claims its total. Undefined when it has none. */
export function claimProof(settled: Settled, owner: Address): readonly Hex[] | undefined {
  const total = settled.totals.get(owner);
  return total === undefined ? undefined : treeOf(settled).proof(payoutLeaf(owner, total));
}

/** As it is served to a validator that starts with its key alone. */
export function encodeSettled({ epoch, nodes, totals }: Settled): Uint8Array {
  return encode({ epoch, nodes, totals: [...totals].toSorted(([a], [b]) => (a < b ? -1 : 1)) });
}

/** Undefined when the bytes are not what was settled under this root, whoever serves them. */
export function decodeSettled(bytes: Uint8Array, root: Hex): Settled | undefined {
  const parsed = settledSchema.safeParse(decoded(bytes));
  if (!parsed.success) return undefined;
  const { epoch, nodes, totals } = parsed.data;
  const settled = { epoch, nodes, totals: new Map(totals) };
  return settled.totals.size === totals.length && settledRoot(settled) === root ? settled : undefined;
}

function treeOf({ epoch, nodes, totals }: Settled): PayoutTree {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(epoch);
  const state = payoutLeaf(NOBODY, BigInt(keccak(concatBytes(number, nodes))));
  const owners = [...totals].filter(([owner, total]) => total > 0n && bytesOf(owner).some((byte) => byte > 0));
  return new PayoutTree([state, ...owners.map(([owner, total]) => payoutLeaf(owner, total))]);
}

function decoded(bytes: Uint8Array): unknown {
  try {
    return decode(bytes);
  } catch {
    return undefined;
  }
}
