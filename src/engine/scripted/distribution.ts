import { TOP_K } from "../../protocol/sampler.ts";
import type { Candidate } from "../interface.ts";
import { BEGINNINGS, continuations, END_ID, isSpoken } from "./vocabulary.ts";

/** Between the likeliest and the unlikeliest word, in nats: about half of the choices are not the likeliest. */
const SPREAD = 8;
/** More than there are ids. */
const RANK_IDS = 1024;

/** Mixes one id into the hash of everything before it. */
export function mix(hash: number, id: number): number {
  let mixed = Math.imul(hash ^ (id + 0x9e3779b9), 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** The hash of a text, where the hash of a context begins. */
export function hashOfText(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = mix(hash, character.codePointAt(0) ?? 0);
  return hash;
}

/** How much of an answer stands at the end of `ids`. */
export function answerLength(ids: readonly number[]): number {
  let length = 0;
  while (length < ids.length && isSpoken(ids[ids.length - 1 - length] ?? 0)) length += 1;
  return length;
}

/** What two machines with the same model differ by. */
export interface Noise {
  /** Between its two ends, in nats. */
  readonly nats: number;
  /** Another one for each machine. */
  readonly machine: number;
}

function noisy({ hash, noise }: { hash: number; noise?: Noise | undefined }, id: number): number {
  const plain = mix(hash, id);
  if (noise === undefined) return plain;
  const part = mix(mix(hash, noise.machine), id) / 2 ** 32 - 0.5;
  return Math.min(2 ** 32 - 1, Math.max(0, Math.floor(plain + (part * noise.nats * 2 ** 32) / SPREAD)));
}

/**
 * The most likely next tokens: a pure function of the context and its hash. After `length` tokens of answer the turn
 * ends, unless a character is unfinished.
 */
export function distribution(context: {
  ids: readonly number[];
  hash: number;
  said: number;
  length: number;
  /** How many tokens; the K if not given. */
  most?: number;
  noise?: Noise | undefined;
}): Candidate[] {
  const unfinished = continuations(context.ids);
  if (unfinished.length === 0 && context.said >= context.length) return [{ id: END_ID, logprob: 0 }];
  const ids = unfinished.length > 0 ? unfinished : BEGINNINGS;
  // One number holds the 32 bits of the hash and, for ties, the id from the other end: numbers sort much faster than records.
  const ranked = new Float64Array(ids.length);
  ids.forEach((id, at) => (ranked[at] = noisy(context, id) * RANK_IDS + (RANK_IDS - 1 - id)));
  ranked.sort();
  const candidates: { id: number; logprob: number }[] = [];
  const most = context.most ?? TOP_K;
  let mass = 0;
  for (let at = ranked.length - 1; at >= 0 && candidates.length < most; at -= 1) {
    const rank = ranked[at] ?? 0;
    const logprob = (Math.floor(rank / RANK_IDS) / 2 ** 32) * SPREAD;
    if (candidates.length < TOP_K) mass += Math.exp(logprob);
    candidates.push({ id: (RANK_IDS - 1 - (rank % RANK_IDS)) | 0, logprob });
  }
  const total = Math.log(mass);
  for (const candidate of candidates) candidate.logprob -= total;
  return candidates;
}
