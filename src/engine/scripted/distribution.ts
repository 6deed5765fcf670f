import { TOP_K } from "../../protocol/sampler.ts";
import type { Candidate } from "../interface.ts";
import { BEGINNINGS, continuations, END_ID, isSpoken } from "./vocabulary.ts";

/** Between the likeliest and the unlikeliest word, in nats: about half of the choices are not the likeliest. */
const SPREAD = 8;

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
}): Candidate[] {
  const unfinished = continuations(context.ids);
  if (unfinished.length === 0 && context.said >= context.length) return [{ id: END_ID, logprob: 0 }];
  const ids = unfinished.length > 0 ? unfinished : BEGINNINGS;
  const logits = ids.map((id) => ({ id, logit: (mix(context.hash, id) / 2 ** 32) * SPREAD }));
  logits.sort((a, b) => b.logit - a.logit || a.id - b.id);
  logits.length = Math.min(logits.length, context.most ?? TOP_K);
  const total = Math.log(logits.slice(0, TOP_K).reduce((sum, { logit }) => sum + Math.exp(logit), 0));
  return logits.map(({ id, logit }) => ({ id, logprob: logit - total }));
}
