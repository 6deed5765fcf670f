import type { Vault } from "../keys/interface.ts";
import type { Log } from "../observability/log.ts";
import { decode, encode } from "../protocol/codec.ts";
import { decodeTranscript, encodeTranscript, type Transcript } from "../protocol/transcript.ts";
import type { Store, Write } from "../store/interface.ts";
import type { Hex } from "../util/types.ts";
import { epochKey, epochOfKey } from "./epochKey.ts";

export interface TranscriptOptions {
  /** Sealed bytes kept at most. */
  readonly maxBytes: number;
}

interface Deps {
  readonly store: Store;
  readonly vault: Vault;
  readonly log: Log;
}

const TABLE = "transcripts";
const SIZES = "transcript-bytes";
/** Rows deleted at once: between two such steps the node does other things. */
const STEP_ROWS = 64;
/** Above the limit, the oldest go until this share is left, so that not every answer deletes one. */
const LEFT_SHARE = 0.95;

/**
 * What answers were made of, sealed on disk under a key that is derived from the node's, for as long as an audit may ask. When
 * there are more than fit, the oldest epoch loses first.
 */
export class TranscriptBook {
  readonly #options: TranscriptOptions;
  readonly #deps: Deps;
  /** By epoch. */
  readonly #bytes = new Map<number, number>();
  #trimming: Promise<void> | undefined;
  #total = 0;
  #full = false;

  constructor(options: TranscriptOptions, deps: Deps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Reads the store; call once, after its start. */
  load(): void {
    for (const [key, value] of this.#deps.store.scan(SIZES)) this.#add(epochOfKey(key), decode(value) as number);
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#total;
  }

  /** The rows that keep a transcript under an epoch; counted as written. */
  rows(transcript: Transcript, epoch: number): readonly Write[] {
    const key = keyOf(epoch, transcript.leaf);
    const value = this.#deps.vault.seal(encodeTranscript(transcript), key);
    this.#add(epoch, value.length);
    if (this.#total > this.#options.maxBytes) this.#trim();
    return [{ table: TABLE, key, value }, this.#sizeRow(epoch)];
  }

  /** The transcript of a leaf; undefined when it is not kept, or not as it was written. */
  get(leaf: Hex, epoch: number): Transcript | undefined {
    const key = keyOf(epoch, leaf);
    const sealed = this.#deps.store.get(TABLE, key);
    if (sealed === undefined) return undefined;
    const plain = this.#deps.vault.open(sealed, key);
    if (plain !== undefined) return decodeTranscript(plain);
    this.#deps.log.warn("transcript is damaged, or of another key", { leaf, epoch });
    return undefined;
  }

  /** Deletes what is of epochs before this one. */
  async forgetBefore(epoch: number): Promise<void> {
    const over = [...this.#bytes.keys()].filter((known) => known < epoch);
    for (const known of over) await this.#forget(known, 0);
  }

  /** Resolves when nothing is being deleted. */
  async idle(): Promise<void> {
    await this.#trimming;
  }

  #trim(): void {
    this.#trimming ??= this.#dropOldest()
      .catch((error: unknown) => this.#deps.log.warn("old transcripts could not be deleted", {}, error))
      .finally(() => (this.#trimming = undefined));
  }

  async #dropOldest(): Promise<void> {
    const { maxBytes } = this.#options;
    const most = maxBytes * LEFT_SHARE;
    if (!this.#full) this.#deps.log.warn("transcripts fill their space; the oldest are deleted", { maxBytes });
    this.#full = true;
    // What is being written now is in no row yet.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#total > most && this.#bytes.size > 0) {
      const oldest = Math.min(...this.#bytes.keys());
      await this.#forget(oldest, Math.max(0, (this.#bytes.get(oldest) ?? 0) - (this.#total - most)));
    }
  }

  /** Deletes rows of an epoch until at most so many bytes of it are left. */
  async #forget(epoch: number, leaveBytes: number): Promise<void> {
    const { store } = this.#deps;
    const scan = { prefix: `${epochKey(epoch)}:`, limit: STEP_ROWS };
    for (;;) {
      const rows = [...store.scan(TABLE, scan)];
      const deleted: Write[] = [];
      for (const [key, { length }] of rows) {
        if ((this.#bytes.get(epoch) ?? 0) <= leaveBytes && leaveBytes > 0) break;
        deleted.push({ table: TABLE, key, value: undefined });
        this.#add(epoch, -length);
      }
      if (leaveBytes === 0 && rows.length < STEP_ROWS) this.#add(epoch, -(this.#bytes.get(epoch) ?? 0));
      await store.write([...deleted, this.#sizeRow(epoch)]);
      if (deleted.length < STEP_ROWS) return;
    }
  }

  #sizeRow(epoch: number): Write {
    const bytes = this.#bytes.get(epoch);
    return { table: SIZES, key: epochKey(epoch), value: bytes === undefined ? undefined : encode(bytes) };
  }

  #add(epoch: number, bytes: number): void {
    const sum = (this.#bytes.get(epoch) ?? 0) + bytes;
    this.#total += bytes;
    if (sum > 0) this.#bytes.set(epoch, sum);
    else this.#bytes.delete(epoch);
  }
}

/** Bound into the seal: a row that was moved to another place does not open. */
function keyOf(epoch: number, leaf: Hex): string {
  return `${epochKey(epoch)}:${leaf}`;
}
