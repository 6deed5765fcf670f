import { CortensorError } from "../errors/cortensorError.ts";

/** K: how many of the most likely tokens the engine gives for each position. */
export const TOP_K = 64;
/** A replay tells so many more, as machines differ in which token is the last of the K. */
export const REPLAY_K = 80;

/** A token that may come next; the engine's own type has the same shape. */
export interface SamplerCandidate {
  readonly id: number;
  /** Natural logarithm of the probability at temperature 1. */
  readonly logprob: number;
}

export interface SamplerOptions {
  /** An unsigned 64-bit number. */
  readonly seed: bigint;
  /** 0 to 2; 0 is the plain maximum. */
  readonly temperature: number;
  /** Above 0, up to 1: the smallest set of likeliest tokens with this much of the probability of the K. */
  readonly topP: number;
  /** 1 to 64: so many of the likeliest tokens. */
  readonly topK: number;
  /** 0 to 1: tokens at least this likely, relative to the likeliest. */
  readonly minP: number;
}

/** Chooses the token at `position`, counted over the whole answer: the first generated token is 0. */
export type Sampler = (candidates: readonly SamplerCandidate[], position: number) => number;

/**
 * The sampler that everybody can repeat: its choice depends only on seed, position and candidates, not on batching, on
 * order, or on where an answer resumed. With a random seed it draws from the distribution at the temperature (the
 * Gumbel-max trick).
 */
export function createSampler(options: SamplerOptions): Sampler {
  const scoresAt = createScores(options);

  return (candidates, position) => {
    const kept = cut(likeliestFirst(candidates), options);
    const first = kept[0];
    if (first === undefined) throw new CortensorError("internal", "The engine gave no candidates for a token.");
    if (options.temperature === 0) return first.id;
    const score = scoresAt(position);
    let best = first.id;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (const candidate of kept) {
      const here = score(candidate);
      if (here > bestScore || (here === bestScore && candidate.id < best)) {
        best = candidate.id;
        bestScore = here;
      }
    }
    return best;
  };
}

/** What the sampler compares, in nats: the token with the highest score is chosen. */
export type Score = (candidate: SamplerCandidate) => number;

/**
 * The scores at a position: log-probability and `temperature` times `g = -ln(-ln(u))`, `u` hashed from seed, position and
 * token id.
 */
export function createScores({
  seed,
  temperature,
}: Pick<SamplerOptions, "seed" | "temperature">): (position: number) => Score {
  const low = Number(BigInt.asUintN(32, seed)) | 0;
  const high = Number(BigInt.asUintN(32, seed >> 32n)) | 0;
  const seeded = fmix(fmix(low ^ 0x9e3779b9) ^ high);
  return (position) => {
    const positioned = fmix(seeded ^ position);
    return ({ id, logprob }) => {
      const u = ((fmix(positioned ^ id) >>> 0) + 0.5) / 4294967296;
      return logprob - temperature * Math.log(-Math.log(u));
    };
  };
}

/** The 32-bit finaliser of MurmurHash3. */
function fmix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function inOrder(a: SamplerCandidate, b: SamplerCandidate): number {
  return b.logprob - a.logprob || a.id - b.id;
}

/** The likeliest `most`, ties by token id. Engines give them in order, but for ties. */
export function likeliestFirst(candidates: readonly SamplerCandidate[], most = TOP_K): readonly SamplerCandidate[] {
  for (let i = 1; i < candidates.length; i += 1) {
    const before = candidates[i - 1];
    const here = candidates[i];
    if (before && here && inOrder(before, here) > 0) return candidates.toSorted(inOrder).slice(0, most);
  }
  return candidates.length > most ? candidates.slice(0, most) : candidates;
}

/** What top_k, then min_p, then top_p leave: a prefix, as all three cut at the unlikely end. */
function cut(
  candidates: readonly SamplerCandidate[],
  { topP, topK, minP }: SamplerOptions,
): readonly SamplerCandidate[] {
  const best = candidates[0]?.logprob ?? 0;
  let length = Math.min(topK, candidates.length);
  if (minP > 0) {
    const outside = candidates.findIndex(({ logprob }) => Math.exp(logprob - best) < minP);
    if (outside !== -1) length = Math.min(length, outside);
  }
  if (topP < 1) length = Math.min(length, lengthReaching(candidates, topP));
  return length < candidates.length ? candidates.slice(0, length) : candidates;
}

/** How many of the likeliest reach `topP`, with probabilities normalised over the K and not over what other cuts left. */
function lengthReaching(candidates: readonly SamplerCandidate[], topP: number): number {
  let total = 0;
  for (const { logprob } of candidates) total += Math.exp(logprob);
  let mass = 0;
  for (const [index, { logprob }] of candidates.entries()) {
    mass += Math.exp(logprob);
    if (mass >= topP * total) return index + 1;
  }
  return candidates.length;
}
