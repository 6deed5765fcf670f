import { type SamplerCandidate, type SamplerOptions, TOP_K } from "./sampler.ts";

/** How near to the edge of a cut a token may be and still be honest on either side of it. */
export interface Bands {
  /** Of log-probability, at top_k and min_p. */
  readonly nats: number;
  /** Of the share of the K's probability that stands before a token, at top_p. */
  readonly mass: number;
}

/** Honest machines nearly always differ by less. */
export const BANDS: Bands = { nats: 0.1, mass: 0.02 };

/** Where a token stands to the cuts: clearly inside all, clearly outside one, or so near to an edge that either is honest. */
export type Standing = "inside" | "edge" | "outside";

export interface Cuts extends Pick<SamplerOptions, "topP" | "topK" | "minP"> {
  /** The usual ones if not given. */
  readonly bands?: Bands | undefined;
}

/** How each candidate stands; `candidates` are the K likeliest, and some more if known, likeliest first. */
export function standings(candidates: readonly SamplerCandidate[], cuts: Cuts): Standing[] {
  const bands = cuts.bands ?? BANDS;
  const cut: Cut = { candidates, bands };
  const stand = [byTopK(cut, cuts.topK), byMinP(cut, cuts.minP), byTopP(cut, cuts.topP)];
  return candidates.map((candidate) => {
    const each = stand.map((standing) => standing(candidate));
    if (each.includes("outside")) return "outside";
    return each.includes("edge") ? "edge" : "inside";
  });
}

interface Cut {
  readonly candidates: readonly SamplerCandidate[];
  readonly bands: Bands;
}

type Stand = (candidate: SamplerCandidate) => Standing;

const ALWAYS: Stand = () => "inside";

function byTopK({ candidates, bands }: Cut, topK: number): Stand {
  const lastInside = candidates[Math.min(topK, candidates.length) - 1];
  // Beyond a whole K without more there are tokens that nobody lists, at most as likely as its last.
  const firstOutside = candidates[topK] ?? (candidates.length >= TOP_K ? candidates.at(-1) : undefined);
  return ({ logprob }) => {
    if (firstOutside === undefined || logprob > firstOutside.logprob + bands.nats) return "inside";
    const outside = topK < candidates.length && logprob < (lastInside?.logprob ?? 0) - bands.nats;
    return outside ? "outside" : "edge";
  };
}

function byMinP({ candidates, bands }: Cut, minP: number): Stand {
  if (minP <= 0) return ALWAYS;
  const least = (candidates[0]?.logprob ?? 0) + Math.log(minP);
  return ({ logprob }) => {
    if (logprob > least + bands.nats) return "inside";
    return logprob < least - bands.nats ? "outside" : "edge";
  };
}

function byTopP({ candidates, bands }: Cut, topP: number): Stand {
  if (topP >= 1) return ALWAYS;
  const total = massAbove(candidates.slice(0, TOP_K), Number.NEGATIVE_INFINITY);
  return (candidate) => {
    // The order of tokens that are nearly equally likely is noise too, so the mass before a token is a range.
    const least = massAbove(candidates, candidate.logprob + bands.nats) / total;
    const most = massAbove(candidates, candidate.logprob - bands.nats, candidate.id) / total;
    if (most < topP - bands.mass) return "inside";
    return least > topP + bands.mass ? "outside" : "edge";
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
