import { type SamplerCandidate, type SamplerOptions, TOP_K } from "./sampler.ts";

/** Honest machines differ by less, in log-probability. */
export const BAND_NATS = 0.1;
/** Honest machines differ by less, in the share of the K's probability that stands before a token. */
export const BAND_MASS = 0.02;

/** Where a token stands to the cuts: clearly inside all, clearly outside one, or so near to an edge that either is honest. */
export type Standing = "inside" | "edge" | "outside";

type Cuts = Pick<SamplerOptions, "topP" | "topK" | "minP">;

/** How each candidate stands; `candidates` are the K likeliest, likeliest first. */
export function standings(candidates: readonly SamplerCandidate[], cuts: Cuts): Standing[] {
  const stand = [byTopK(candidates, cuts.topK), byMinP(candidates, cuts.minP), byTopP(candidates, cuts.topP)];
  return candidates.map((candidate) => {
    const each = stand.map((standing) => standing(candidate));
    if (each.includes("outside")) return "outside";
    return each.includes("edge") ? "edge" : "inside";
  });
}

type Stand = (candidate: SamplerCandidate) => Standing;

const ALWAYS: Stand = () => "inside";

function byTopK(candidates: readonly SamplerCandidate[], topK: number): Stand {
  const lastInside = candidates[Math.min(topK, candidates.length) - 1];
  // Beyond a whole K there are tokens that nobody lists, at most as likely as its last.
  const firstOutside = candidates[topK] ?? (candidates.length >= TOP_K ? candidates.at(-1) : undefined);
  return ({ logprob }) => {
    if (firstOutside === undefined || logprob > firstOutside.logprob + BAND_NATS) return "inside";
    const outside = topK < candidates.length && logprob < (lastInside?.logprob ?? 0) - BAND_NATS;
    return outside ? "outside" : "edge";
  };
}

function byMinP(candidates: readonly SamplerCandidate[], minP: number): Stand {
  if (minP <= 0) return ALWAYS;
  const least = (candidates[0]?.logprob ?? 0) + Math.log(minP);
  return ({ logprob }) => {
    if (logprob > least + BAND_NATS) return "inside";
    return logprob < least - BAND_NATS ? "outside" : "edge";
  };
}

function byTopP(candidates: readonly SamplerCandidate[], topP: number): Stand {
  if (topP >= 1) return ALWAYS;
  const total = massAbove(candidates, Number.NEGATIVE_INFINITY);
  return (candidate) => {
    // The order of tokens that are nearly equally likely is noise too, so the mass before a token is a range.
    const least = massAbove(candidates, candidate.logprob + BAND_NATS) / total;
    const most = massAbove(candidates, candidate.logprob - BAND_NATS, candidate.id) / total;
    if (most < topP - BAND_MASS) return "inside";
    return least > topP + BAND_MASS ? "outside" : "edge";
  };
}

/** Probability of the tokens that are likelier, `but` one. */
function massAbove(candidates: readonly SamplerCandidate[], logprob: number, but?: number): number {
  let mass = 0;
  for (const candidate of candidates) {
    if (candidate.logprob <= logprob) break;
    if (candidate.id !== but) mass += Math.exp(candidate.logprob);
  }
  return mass;
}
