import type { Startable } from "../util/types.ts";

/** One change; `value` undefined deletes. */
export interface Write {
  readonly table: string;
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

export interface ScanOptions {
  /** Only keys that begin so. */
  readonly prefix?: string;
  /** Only keys after this one, or before it in reverse. */
  readonly after?: string;
  /** At most this many, in key order. */
  readonly limit?: number;
  /** From the last key down. */
  readonly reverse?: boolean;
}

/** Ordered tables of bytes. Keys sort by their UTF-8 bytes; numbers in keys are zero-padded by the caller. */
export interface Store extends Startable {
  /**
   * Applies all writes of one call or none of them. Resolves when they are synced to disk; calls of one event-loop turn
   * share a sync. Reads see a write as soon as the call returns. Rejects with home-damaged when the disk refuses; then
   * nothing of that turn was applied.
   */
  write(writes: readonly Write[]): Promise<void>;
  get(table: string, key: string): Uint8Array | undefined;
  /** Reads as the iteration goes, some hundred rows at a time: a row that changes meanwhile may show either way. */
  scan(table: string, options?: ScanOptions): Iterable<readonly [key: string, value: Uint8Array]>;
}
