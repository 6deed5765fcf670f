/**
 * The sampling rule once more, written from its description with bigints and whole distributions instead of 32-bit
 * integers and prefixes: slow, and sharing no code with `src/protocol/sampler.ts`.
 */
export interface SamplerCase {
  readonly name: string;
  /** Decimal, unsigned 64 bits. */
  readonly seed: string;
  readonly position: number;
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly minP: number;
  /** Token ids and their log-probabilities, in any order. */
  readonly candidates: readonly (readonly [id: number, logprob: number])[];
}

export interface SamplerVector extends SamplerCase {
  /** Ids that the cuts leave, likeliest first. */
  readonly kept: readonly number[];
  /** The 32-bit hash of the chosen token at this position. */
  readonly hash: string;
  readonly chosen: number;
}

const MASK = 0xffffffffn;

function fmix(value: bigint): bigint {
  let h = value & MASK;
  h ^= h >> 16n;
  h = (h * 0x85ebca6bn) & MASK;
  h ^= h >> 13n;
  h = (h * 0xc2b2ae35n) & MASK;
  h ^= h >> 16n;
  return h;
}

function hash(seed: bigint, position: number, id: number): bigint {
  let h = fmix((seed & MASK) ^ 0x9e3779b9n);
  h = fmix(h ^ (seed >> 32n));
  h = fmix(h ^ BigInt(position));
  return fmix(h ^ BigInt(id));
}

export function referenceSample(given: SamplerCase): SamplerVector {
  const ordered = [...given.candidates].sort(([a, p], [b, q]) => (p === q ? a - b : q - p));
  const total = ordered.reduce((sum, [, logprob]) => sum + Math.exp(logprob), 0);
  const best = ordered[0]?.[1] ?? 0;
  const afterTopK = ordered.filter((_, rank) => rank < given.topK);
  const afterMinP = afterTopK.filter(([, logprob]) => Math.exp(logprob - best) >= given.minP);
  const kept = afterMinP.filter((_, rank) => {
    const before = afterMinP.slice(0, rank).reduce((sum, [, logprob]) => sum + Math.exp(logprob), 0);
    return rank === 0 || given.topP >= 1 || before < given.topP * total;
  });
  const seed = BigInt(given.seed);
  const scored = kept.map(([id, logprob]) => {
    const u = (Number(hash(seed, given.position, id)) + 0.5) / 2 ** 32;
    return { id, score: logprob + (given.temperature === 0 ? 0 : given.temperature * -Math.log(-Math.log(u))) };
  });
  const highest = Math.max(...scored.map(({ score }) => score));
  const chosen = Math.min(...scored.filter(({ score }) => score === highest).map(({ id }) => id));
  return { ...given, kept: kept.map(([id]) => id), hash: hash(seed, given.position, chosen).toString(), chosen };
}

/** 64 candidates as a model gives them: ids all over the vocabulary, probabilities falling off. */
function candidates(start: number, steepness: number): [number, number][] {
  const weights = Array.from(
    { length: 64 },
    (_, rank) => -steepness * Math.log(rank + 1) - ((start * (rank + 3)) % 7) / 50,
  );
  const total = Math.log(weights.reduce((sum, weight) => sum + Math.exp(weight), 0) / 0.98);
  return weights.map((weight, rank) => [
    (start * 7919 + rank * 104_729) % 151_936,
    Math.round((weight - total) * 1e6) / 1e6,
  ]);
}

const PLAIN = { topP: 1, topK: 64, minP: 0 };
const CUTS = [
  ["whole", PLAIN],
  ["top_p 0.9", { ...PLAIN, topP: 0.9 }],
  ["top_k 5", { ...PLAIN, topK: 5 }],
  ["min_p 0.05", { ...PLAIN, minP: 0.05 }],
  ["all cuts", { topP: 0.8, topK: 20, minP: 0.02 }],
] as const;
const SEEDS = [
  "0",
  "1",
  "4294967295",
  "4294967296",
  "9223372036854775808",
  "13835058055282163712",
  "18446744073709551615",
];

/** The published cases. */
export function samplerCases(): SamplerCase[] {
  const grid = [0, 0.2, 0.7, 1, 1.5, 2].flatMap((temperature, row) =>
    CUTS.map(([name, cuts], column) => ({
      name: `temperature ${temperature}, ${name}`,
      seed: ((1234567890123456789n * BigInt(row * 5 + column + 1)) % 2n ** 64n).toString(),
      position: row * 37 + column,
      temperature,
      ...cuts,
      candidates: candidates(row * 5 + column + 1, 0.6 + 0.3 * column),
    })),
  );
  const seeds = SEEDS.map((seed, i) => ({
    name: `seed ${seed}`,
    seed,
    position: i,
    temperature: 1.3,
    ...PLAIN,
    candidates: candidates(50 + i, 0.5),
  }));
  const positions = [0, 1, 65_535, 131_072, 4_294_967_295].map((position) => ({
    name: `position ${position}`,
    seed: "81985529216486895",
    position,
    temperature: 1.3,
    ...PLAIN,
    candidates: candidates(70, 0.5),
  }));
  const edge = { seed: "42", position: 3, ...PLAIN };
  const equal: [number, number][] = [
    [9, -1.5],
    [4, -1.5],
    [7, -1.5],
    [2, -1.5],
  ];
  const edges: SamplerCase[] = [
    { ...edge, name: "one candidate", temperature: 2, candidates: [[77, -0.01]] },
    { ...edge, name: "equal probabilities, plain maximum", temperature: 0, candidates: equal },
    { ...edge, name: "equal probabilities, drawn", temperature: 1, candidates: equal },
    { ...edge, name: "equal probabilities at the edge of top_k", temperature: 1, topK: 2, candidates: equal },
    { ...edge, name: "top_p below the likeliest", temperature: 2, topP: 0.05, candidates: candidates(80, 1) },
    { ...edge, name: "min_p 1", temperature: 2, minP: 1, candidates: equal },
    { ...edge, name: "out of order", temperature: 1, topK: 10, candidates: candidates(81, 0.7).toReversed() },
    {
      ...edge,
      name: "impossible tokens",
      temperature: 1,
      candidates: [
        [5, -0.1],
        [6, -80],
        [8, -300],
      ],
    },
  ];
  return [...grid, ...seeds, ...positions, ...edges];
}
