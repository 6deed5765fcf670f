import { BoundedMap } from "../util/boundedMap.ts";
import type { TaskInput } from "./records.ts";

/** Bytes of canonical text in a block. */
export const PREFIX_BLOCK_BYTES = 256;
/** Blocks looked at; what an input has beyond them counts as not known. */
const MOST_BLOCKS = 4096;

/** An input as a chain of blocks: each one's number stands for it and all before it. */
export interface Prefix {
  readonly chain: readonly number[];
  /** Of the whole input. */
  readonly bytes: number;
}

/** All messages in order, so that a conversation's next turn begins with its last one. */
export function prefixOf(input: TaskInput): Prefix {
  const bytes = Buffer.from(canonicalText(input));
  const chain: number[] = [];
  let high = 0x811c9dc5;
  let low = 0x9e3779b9;
  for (let end = PREFIX_BLOCK_BYTES; end <= bytes.length && chain.length < MOST_BLOCKS; end += PREFIX_BLOCK_BYTES) {
    for (let index = end - PREFIX_BLOCK_BYTES; index < end; index += 1) {
      const byte = bytes[index] ?? 0;
      high = Math.imul(high ^ byte, 0x01000193);
      low = Math.imul(low ^ byte, 0x85ebca6b);
      low ^= low >>> 13;
    }
    // 53 bits: two inputs that meet by chance cost a wrong guess of time, nothing else.
    chain.push((high & 0x1fffff) * 2 ** 32 + (low >>> 0));
  }
  return { chain, bytes: bytes.length };
}

function canonicalText(input: TaskInput): string {
  if (input.kind === "text") return input.text;
  return input.messages.map(({ role, name, content }) => `${role}\u0000${name ?? ""}\u0000${content}\u0001`).join("");
}

/** What one miner computed lately, as far as its memory may still hold it. */
export class PrefixIndex {
  readonly #blocks: BoundedMap<number, true>;

  /** @param blocks how many the miner's memory may hold */
  constructor(blocks: number) {
    this.#blocks = new BoundedMap(Math.max(1, Math.min(MOST_BLOCKS, blocks)));
  }

  /** Part of the input that the miner need not compute again, 0 to 1. */
  match({ chain, bytes }: Prefix): number {
    let blocks = 0;
    for (const block of chain) {
      if (!this.#blocks.has(block)) break;
      blocks += 1;
    }
    return bytes === 0 ? 0 : (blocks * PREFIX_BLOCK_BYTES) / bytes;
  }

  /** Last block first, so that the beginnings, which more inputs share, are forgotten last. */
  remember({ chain }: Prefix): void {
    for (const block of chain.toReversed()) this.#blocks.set(block, true);
  }
}
