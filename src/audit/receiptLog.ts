import { decode, encode } from "../protocol/codec.ts";
import { type Leaf, parseLeaf } from "../protocol/leaf.ts";
import { type MerkleTree, merkleProof, merkleTree } from "../protocol/merkle.ts";
import { partLeaf, type ReceiptAnchor } from "../protocol/receiptBundle.ts";
import type { Store, Write } from "../store/interface.ts";
import type { Hex } from "../util/types.ts";
import { epochKey, epochOfKey } from "./epochKey.ts";
import { TurnWrites } from "./turnWrites.ts";

/** What a node posts on chain for one epoch. */
export interface Anchor {
  readonly epoch: number;
  readonly root: Hex;
  readonly count: number;
  /** Wei. */
  readonly feeSum: bigint;
}

export interface LogDeps {
  readonly store: Store;
  /** The epoch that runs. */
  epoch(): number;
  /** When rows are written; at the end of the turn by default. */
  later?(action: () => void): unknown;
}

const LEAVES = "leaves";
const EPOCHS = "leaf-epochs";
const ANCHORS = "anchors";
const POSTED = "anchors-posted";
/** Trees whose proofs are asked for come in a run: of the epoch that ended last, mostly. */
const TREES = 2;

/**
 * Every counter-signed receipt, by epoch. A receipt belongs to the epoch of its order; one that is counter-signed when that
 * epoch is closed already belongs to the first that is not.
 */
export class ReceiptLog {
  readonly #deps: LogDeps;
  readonly #writes: TurnWrites;
  readonly #trees = new Map<number, MerkleTree>();
  readonly #anchors = new Map<number, Anchor>();
  #closedTo = -1;
  #postedTo = -1;

  constructor(deps: LogDeps) {
    this.#deps = deps;
    this.#writes = new TurnWrites(deps.store, deps.later && ((action) => deps.later?.(action)));
  }

  /** Reads the store; call once, after its start. */
  load(): void {
    for (const [, value] of this.#deps.store.scan(ANCHORS)) {
      const { feeSum, ...row } = decode(value) as Omit<Anchor, "feeSum"> & { feeSum: string };
      this.#anchors.set(row.epoch, { ...row, feeSum: BigInt(feeSum) });
      this.#closedTo = row.epoch;
    }
    const posted = this.#deps.store.get(POSTED, "to");
    if (posted !== undefined) this.#postedTo = decode(posted) as number;
  }

  /**
   * Remembers a leaf of an order of `epoch`, with `more` rows in the same write. The epoch that it counts for is there at
   * once; `written` resolves when everything is on disk.
   */
  add(
    { leaf, epoch: ordered }: { readonly leaf: Leaf; readonly epoch: number },
    more: (place: { readonly hash: Hex; readonly epoch: number }) => readonly Write[] = () => [],
  ): { readonly hash: Hex; readonly epoch: number; readonly written: Promise<void> } {
    const hash = partLeaf(leaf);
    const known = this.epochOf(hash);
    if (known !== undefined) return { hash, epoch: known, written: this.synced() };
    const epoch = Math.max(ordered, this.#closedTo + 1);
    const written = this.#writes.add([
      { table: LEAVES, key: `${epochKey(epoch)}:${hash}`, value: encode(leaf) },
      { table: EPOCHS, key: hash, value: encode(epoch) },
      ...more({ hash, epoch }),
    ]);
    return { hash, epoch, written };
  }

  /** Resolves when everything that was added is on disk. */
  async synced(): Promise<void> {
    await this.#writes.flush();
  }

  /** The epoch that a leaf counts for; undefined for one that is not known. */
  epochOf(leaf: Hex): number | undefined {
    const value = this.#deps.store.get(EPOCHS, leaf);
    return value === undefined ? undefined : (decode(value) as number);
  }

  leaf(hash: Hex): Leaf | undefined {
    const epoch = this.epochOf(hash);
    const value = epoch === undefined ? undefined : this.#deps.store.get(LEAVES, `${epochKey(epoch)}:${hash}`);
    return value === undefined ? undefined : parseLeaf(decode(value));
  }

  /** The leaves of an epoch in the order of their hashes, those after `after`. */
  *leaves(epoch: number, after?: Hex): Generator<readonly [hash: Hex, leaf: Leaf], undefined> {
    void this.#writes.flush();
    const prefix = `${epochKey(epoch)}:`;
    const range = { prefix, ...(after !== undefined && { after: `${prefix}${after}` }) };
    for (const [key, value] of this.#deps.store.scan(LEAVES, range))
      yield [key.slice(prefix.length) as Hex, parseLeaf(decode(value))];
  }

  /** What is anchored for an epoch; undefined while it runs. The first to ask closes it. */
  anchorOf(epoch: number): Anchor | undefined {
    if (epoch < 0 || epoch >= this.#deps.epoch()) return undefined;
    const known = this.#anchors.get(epoch);
    if (known !== undefined) return known;
    return this.#close(epoch);
  }

  /** As `anchorOf`, once it is on disk: what is posted must not change with a crash. */
  async close(epoch: number): Promise<Anchor | undefined> {
    const anchor = this.anchorOf(epoch);
    await this.synced();
    return anchor;
  }

  /** The newest epoch whose anchor was posted; -1 for none. */
  get postedTo(): number {
    return this.#postedTo;
  }

  /** Notes that an epoch's anchor is on chain. */
  async posted(epoch: number): Promise<void> {
    this.#postedTo = Math.max(this.#postedTo, epoch);
    await this.#deps.store.write([{ table: POSTED, key: "to", value: encode(this.#postedTo) }]);
  }

  /** The path from a leaf to what was anchored; undefined while its epoch runs, or for one that is not known. */
  proofOf(leaf: Hex): ReceiptAnchor | undefined {
    const epoch = this.epochOf(leaf);
    const anchor = epoch === undefined ? undefined : this.anchorOf(epoch);
    if (anchor === undefined) return undefined;
    const proof = merkleProof(this.#tree(anchor.epoch), leaf);
    return proof === undefined ? undefined : { epoch: anchor.epoch, leaf, root: anchor.root, proof };
  }

  /** Forgets the leaves of epochs before this one; the anchors stay. */
  async forgetBefore(epoch: number): Promise<void> {
    const rows: Write[] = [];
    for (const [key] of this.#deps.store.scan(LEAVES)) {
      if (epochOfKey(key) >= epoch) break;
      rows.push({ table: LEAVES, key, value: undefined });
      rows.push({ table: EPOCHS, key: key.slice(key.indexOf(":") + 1), value: undefined });
    }
    for (const known of this.#trees.keys()) if (known < epoch) this.#trees.delete(known);
    if (rows.length > 0) await this.#deps.store.write(rows);
  }

  #close(epoch: number): Anchor {
    let count = 0;
    let feeSum = 0n;
    const hashes: Hex[] = [];
    for (const [hash, { receipt }] of this.leaves(epoch)) {
      hashes.push(hash);
      count += 1;
      feeSum += receipt.fee;
    }
    const tree = this.#keepTree(epoch, merkleTree(hashes));
    const anchor: Anchor = { epoch, root: tree.root, count, feeSum };
    // Strangers may ask for any epoch: an empty one of the past leaves no trace.
    if (count === 0 && epoch <= this.#closedTo) return anchor;
    this.#anchors.set(epoch, anchor);
    this.#closedTo = Math.max(this.#closedTo, epoch);
    void this.#writes.add([{ table: ANCHORS, key: epochKey(epoch), value: encode(anchor) }]);
    return anchor;
  }

  #tree(epoch: number): MerkleTree {
    const known = this.#trees.get(epoch);
    if (known !== undefined) return known;
    return this.#keepTree(epoch, merkleTree([...this.leaves(epoch)].map(([hash]) => hash)));
  }

  #keepTree(epoch: number, tree: MerkleTree): MerkleTree {
    this.#trees.set(epoch, tree);
    const [oldest] = this.#trees.keys();
    if (this.#trees.size > TREES && oldest !== undefined) this.#trees.delete(oldest);
    return tree;
  }
}
