import { z } from "zod";
import type { EpochRecord } from "../chain/interface.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Recover } from "../keys/interface.ts";
import type { DrawLeaf } from "../protocol/draw.ts";
import { type Leaf, parseLeaf, wrongLeaf } from "../protocol/leaf.ts";
import { merkleTree } from "../protocol/merkle.ts";
import { partLeaf } from "../protocol/receiptBundle.ts";
import type { Domain } from "../protocol/records.ts";
import { hashSchema } from "../protocol/schemas.ts";
import type { Address, Hex } from "../util/types.ts";

/** Leaves of one page at most. */
export const PAGE_LEAVES = 2000;
/** More in one epoch than a router can bring; a list that claims more is not read. */
const MOST_LEAVES = 500_000;
/** Between two such steps the process does other things: each leaf has two signatures. */
const STEP_LEAVES = 64;

/** The public lists of routers. */
export interface LeafPages {
  /** What a router lists of an epoch after a leaf, as parsed JSON; `peer-unreachable` when there is no answer. */
  page(
    router: { readonly address: Address; readonly addresses: readonly string[] },
    range: { readonly epoch: number; readonly after: Hex | undefined },
    signal: AbortSignal,
  ): Promise<unknown>;
}

/** A leaf that stands in the list of its router. */
export interface ListedLeaf extends DrawLeaf {
  readonly router: Address;
  /** As the router says, until a transcript shows the order. */
  readonly model: Hex;
}

export interface ListDeps {
  readonly pages: LeafPages;
  readonly domain: Domain;
  readonly recover: Recover;
}

export interface ListOf {
  readonly epoch: number;
  readonly router: { readonly address: Address; readonly addresses: readonly string[] };
  /** What the router posted on chain. */
  readonly anchor: EpochRecord["anchors"][number];
}

const pageSchema = z.object({ leaves: z.array(z.unknown()).max(PAGE_LEAVES), next: hashSchema.nullable() });

/**
 * All leaves of a router in an epoch. It throws `peer-protocol` when they are not what the router anchored, each signed by
 * its miner and by the router; and what `pages` throws.
 */
export async function readLeafList(list: ListOf, deps: ListDeps, signal: AbortSignal): Promise<readonly ListedLeaf[]> {
  const { anchor, router } = list;
  if (anchor.count > MOST_LEAVES) throw wrong(list, `${anchor.count} leaves, of at most ${MOST_LEAVES}`);
  const leaves: ListedLeaf[] = [];
  let feeSumWei = 0n;
  for await (const { hash, leaf } of listed(list, deps, signal)) {
    if (leaves.length >= anchor.count) throw wrong(list, `more than the ${anchor.count} leaves that it anchored`);
    const { receipt, miner, model } = leaf;
    if (leaf.router !== router.address) throw wrong(list, `a leaf of ${leaf.router}`);
    const unsigned = wrongLeaf(leaf, deps);
    if (unsigned !== undefined) throw wrong(list, `a leaf that its ${unsigned} did not sign`);
    feeSumWei += receipt.fee;
    leaves.push({ leaf: hash, order: receipt.order, miner, model, router: leaf.router });
    if (leaves.length % STEP_LEAVES === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const { root } = merkleTree(leaves.map(({ leaf }) => leaf));
  if (leaves.length !== anchor.count || root !== anchor.root || feeSumWei !== anchor.feeSumWei)
    throw wrong(list, `${leaves.length} leaves under ${root}, and anchored ${anchor.count} under ${anchor.root}`);
  return leaves;
}

/** In ascending order, so that a list ends. */
async function* listed(
  list: ListOf,
  { pages }: ListDeps,
  signal: AbortSignal,
): AsyncGenerator<{ readonly hash: Hex; readonly leaf: Leaf }> {
  const { router, epoch } = list;
  let after: Hex | undefined;
  for (;;) {
    const page = pageSchema.safeParse(await pages.page(router, { epoch, after }, signal));
    if (!page.success) throw wrong(list, "no page of leaves");
    for (const value of page.data.leaves) {
      const leaf = parsedLeaf(value);
      const hash = leaf === undefined ? undefined : partLeaf(leaf);
      if (leaf === undefined || hash === undefined) throw wrong(list, "what is no leaf");
      if (after !== undefined && hash <= after) throw wrong(list, "leaves that are not in order");
      after = hash;
      yield { hash, leaf };
    }
    if (page.data.next === null) return;
    if (page.data.leaves.length === 0) throw wrong(list, "an empty page before the end");
  }
}

function parsedLeaf(value: unknown): Leaf | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { leaf: _, ...fields } = value as Record<string, unknown>;
  try {
    return parseLeaf(fields);
  } catch {
    return undefined;
  }
}

function wrong({ router, epoch }: ListOf, what: string): CortensorError {
  const message = `${router.address} lists of epoch ${epoch} ${what}`;
  return new CortensorError("peer-protocol", message, { data: { node: router.address, epoch } });
}
