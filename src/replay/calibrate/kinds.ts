import type { SamplerOptions } from "../../protocol/sampler.ts";

/** How an engine is run. */
export interface EngineKind {
  readonly threads: number;
  /** Answers that are computed together. */
  readonly slots: number;
  readonly flashAttention: boolean;
}

/** Honest miners of one kind. Verifiers are of the first. */
export interface HonestKind extends EngineKind {
  readonly name: string;
  /** The prompt begins as the one before it, so that its beginning is held already. */
  readonly prefix: boolean;
  /** So many tokens come from somebody else, who was lost; 0: none. */
  readonly resumed: number;
  /** Only one of so many questions is asked. */
  readonly oneOf: number;
  /** So often, each time with other seeds. */
  readonly rounds: number;
}

/** All that honest machines may differ in, as far as one machine can show it. Other processors may differ by more. */
export function honestKinds(threads: number): readonly [HonestKind, ...HonestKind[]] {
  const usual = { threads, slots: 1, flashAttention: true, prefix: false, resumed: 0, oneOf: 2, rounds: 1 };
  return [
    { ...usual, name: "as the verifier", oneOf: 3 },
    // Kinds that differ by noise set the limits, so they answer most; others only show that they do not differ.
    { ...usual, name: "no flash attention", flashAttention: false, oneOf: 1, rounds: 2 },
    { ...usual, name: "four at once", slots: 4 },
    { ...usual, name: "prompt held", prefix: true, oneOf: 3 },
    { ...usual, name: "resumed", resumed: 8 },
    { ...usual, name: "all of these", flashAttention: false, slots: 4, prefix: true, resumed: 8, rounds: 2 },
    // More threads than a machine has to spare can be twelve times slower.
    { ...usual, name: threads === 1 ? "two threads" : "one thread", threads: threads === 1 ? 2 : 1, oneOf: 60 },
  ];
}

export type Sampling = Omit<SamplerOptions, "seed">;

/** A band of a card with the parameters that stand for it. */
export interface BandKind {
  readonly temperature: number;
  readonly cuts: boolean;
  readonly samplings: readonly Sampling[];
}

const WHOLE = { topP: 1, topK: 64, minP: 0 };
const CUTS = [
  { ...WHOLE, topP: 0.9 },
  { ...WHOLE, minP: 0.05 },
  { ...WHOLE, topK: 20 },
];

export const BAND_KINDS: readonly BandKind[] = [
  { temperature: 0, of: [0] },
  { temperature: 0.5, of: [0.5] },
  { temperature: 2, of: [1, 2] },
].flatMap(({ temperature, of }) => [
  { temperature, cuts: false, samplings: of.map((each) => ({ ...WHOLE, temperature: each })) },
  {
    temperature,
    cuts: true,
    // At temperature 0 the likeliest token is taken, whatever else is left.
    samplings: of.flatMap((each) =>
      (each === 0 ? CUTS.slice(0, 1) : CUTS).map((cut) => ({ ...cut, temperature: each })),
    ),
  },
]);
