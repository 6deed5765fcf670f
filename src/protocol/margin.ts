import { type Bands, type Standing, standings } from "./cutBands.ts";
import {
  createSampler,
  createScores,
  likeliestFirst,
  REPLAY_K,
  type SamplerCandidate,
  type SamplerOptions,
} from "./sampler.ts";

/** Of a token that no honest machine would choose; larger ones say nothing more. */
export const MOST_MARGIN_NATS = 4;
/** At lower temperatures a choice is as open as noise makes it: temperature 0 counts by its near-ties. */
const LEAST_TEMPERATURE = 0.1;

/** One token of an answer against what the verifier's model offers for its place. */
export interface PositionMargin {
  /** The sampler chooses this token from the verifier's candidates. */
  readonly matches: boolean;
  /** By how many nats the token's score is below the best one's, 0 to 4. */
  readonly marginNats: number;
  /** Entropy of the choice at the answer's temperature, within the cuts: how much the token can tell. */
  readonly entropyNats: number;
  /** Of the token; of the least likely candidate when it is none. */
  readonly logprob: number;
}

export interface AnsweredPosition {
  /** The likeliest tokens of the verifier, K or some more, in any order, at temperature 1; not empty. */
  readonly candidates: readonly SamplerCandidate[];
  /** The token of the answer. */
  readonly token: number;
  /** Counted over the whole answer, as for the sampler. */
  readonly position: number;
}

/**
 * How far an answer's token is from what its seed had to choose: `max(0, score(best) - score(token))`, `best` over the
 * tokens clearly inside every cut; 4 for a token clearly outside one or the K. `bands`: other
 * ones than usual, to see what they are good for.
 */
export function createMargin(
  options: SamplerOptions & { readonly bands?: Bands },
): (answered: AnsweredPosition) => PositionMargin {
  const choose = createSampler(options);
  const scoresAt = createScores(options);
  return ({ candidates, token, position }) => {
    const likeliest = likeliestFirst(candidates, REPLAY_K);
    const stand = standings(likeliest, options);
    const index = likeliest.findIndex(({ id }) => id === token);
    const own = likeliest[index];
    let marginNats = MOST_MARGIN_NATS;
    if (own !== undefined && stand[index] !== "outside") {
      const score = scoresAt(position);
      const inside = likeliest.filter((_, at) => stand[at] === "inside");
      const best = Math.max(...inside.map(score));
      marginNats = Math.min(MOST_MARGIN_NATS, Math.max(0, best - score(own)));
    }
    return {
      matches: choose(likeliest, position) === token,
      marginNats,
      entropyNats: entropy(likeliest, stand, options.temperature),
      logprob: (own ?? likeliest.at(-1))?.logprob ?? 0,
    };
  };
}

export interface ReplayedAnswer {
  /** Of each position, the verifier's candidates; a position without any is skipped. */
  readonly positions: readonly (readonly SamplerCandidate[])[];
  /** The output ids, one for each position. */
  readonly ids: readonly number[];
  /** The position of the first id in the whole answer; 0 if not given. */
  readonly from?: number;
}

/** The margins of an answer, or of the part of it that begins at `from`. */
export function marginsOf(
  { positions, ids, from = 0 }: ReplayedAnswer,
  options: SamplerOptions & { readonly bands?: Bands },
): PositionMargin[] {
  const margin = createMargin(options);
  const margins: PositionMargin[] = [];
  for (const [index, token] of ids.entries()) {
    const candidates = positions[index] ?? [];
    if (candidates.length > 0) margins.push(margin({ candidates, token, position: from + index }));
  }
  return margins;
}

function entropy(candidates: readonly SamplerCandidate[], stand: readonly Standing[], temperature: number): number {
  const divisor = Math.max(temperature, LEAST_TEMPERATURE);
  const most = candidates[0]?.logprob ?? 0;
  let total = 0;
  let weighted = 0;
  for (const [index, { logprob }] of candidates.entries()) {
    if (stand[index] === "outside") continue;
    const exponent = (logprob - most) / divisor;
    const weight = Math.exp(exponent);
    total += weight;
    weighted += weight * exponent;
  }
  return total > 0 ? Math.log(total) - weighted / total : 0;
}
