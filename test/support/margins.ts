import * as fc from "fast-check";
import { type SamplerCandidate, type SamplerOptions, TOP_K } from "../../src/protocol/sampler.ts";

/** As an engine gives them: normalised over the K, in order. */
export function normalised(candidates: readonly SamplerCandidate[]): SamplerCandidate[] {
  const kept = candidates.toSorted((a, b) => b.logprob - a.logprob || a.id - b.id).slice(0, TOP_K);
  const total = Math.log(kept.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0));
  return kept.map(({ id, logprob }) => ({ id, logprob: logprob - total }));
}

export const someCandidates: fc.Arbitrary<SamplerCandidate[]> = fc
  .uniqueArray(fc.record({ id: fc.nat(200_000), logprob: fc.double({ min: -12, max: 0, noNaN: true }) }), {
    minLength: 1,
    maxLength: TOP_K,
    selector: ({ id }) => id,
  })
  .map(normalised);

export const someOptions: fc.Arbitrary<SamplerOptions> = fc.record({
  seed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  temperature: fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 2, noNaN: true })),
  topP: fc.oneof(fc.constant(1), fc.double({ min: 0.01, max: 1, noNaN: true })),
  topK: fc.integer({ min: 1, max: TOP_K }),
  minP: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true })),
});

export const somePosition = fc.nat(1_000_000);
