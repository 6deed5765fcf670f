import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSampler, type SamplerOptions, TOP_K } from "../../../src/protocol/sampler.ts";
import { referenceSample, type SamplerCase, samplerCases, type SamplerVector } from "./referenceSampler.ts";

const FIXTURE = new URL("../../fixtures/sampler.json", import.meta.url);

function sample(given: SamplerCase): number {
  const choose = createSampler({ ...given, seed: BigInt(given.seed) });
  return choose(
    given.candidates.map(([id, logprob]) => ({ id, logprob })),
    given.position,
  );
}

describe("the published vectors", () => {
  it("are those of the reference", async () => {
    // Written anew by `vitest -u` only.
    const lines = samplerCases().map((given) => JSON.stringify(referenceSample(given)));
    await expect(`[\n${lines.join(",\n")}\n]\n`).toMatchFileSnapshot(FIXTURE.pathname);
  });

  const vectors = JSON.parse(readFileSync(FIXTURE, "utf8")) as SamplerVector[];

  it("are many, and not all decided by the likeliest token", () => {
    expect(vectors.length).toBeGreaterThanOrEqual(40);
    expect(vectors.filter(({ chosen, kept }) => chosen !== kept[0]).length).toBeGreaterThan(20);
  });

  it.each(vectors)("choose $chosen: $name", (vector) => {
    expect(sample(vector)).toBe(vector.chosen);
  });
});

describe("createSampler", () => {
  const logprob = fc.double({ min: -12, max: 0, noNaN: true });
  const someCandidates = fc.uniqueArray(fc.tuple(fc.nat(200_000), logprob), {
    minLength: 1,
    maxLength: TOP_K,
    selector: ([id]) => id,
  });
  const someCase: fc.Arbitrary<SamplerCase> = fc.record({
    name: fc.constant(""),
    seed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
    position: fc.nat(1_000_000),
    temperature: fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 2, noNaN: true })),
    topP: fc.oneof(fc.constant(1), fc.double({ min: 0.01, max: 1, noNaN: true })),
    topK: fc.integer({ min: 1, max: 64 }),
    minP: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true })),
    candidates: someCandidates,
  });
  const options: SamplerOptions = { seed: 7n, temperature: 1, topP: 1, topK: 64, minP: 0 };

  it("chooses as the reference does", () => {
    fc.assert(
      fc.property(someCase, (given) => sample(given) === referenceSample(given).chosen),
      { numRuns: 2000 },
    );
  });

  it("does not care for the order of the candidates", () => {
    fc.assert(
      fc.property(
        someCase,
        (given) => sample(given) === sample({ ...given, candidates: given.candidates.toReversed() }),
      ),
    );
  });

  it("chooses at a position the same, whatever was chosen before", () => {
    const candidates = Array.from({ length: 64 }, (_, id) => ({ id, logprob: -4 - id / 64 }));
    const whole = createSampler(options);
    const answer = Array.from({ length: 40 }, (_, position) => whole(candidates, position));
    const resumed = createSampler(options);
    expect(Array.from({ length: 20 }, (_, i) => resumed(candidates, 20 + i))).toEqual(answer.slice(20));
    expect(new Set(answer).size).toBeGreaterThan(10);
  });

  it("draws from the distribution at the temperature", () => {
    const candidates = [0.5, 0.3, 0.15, 0.05].map((p, id) => ({ id, logprob: Math.log(p) }));
    for (const temperature of [0.5, 1, 2]) {
      const counts = [0, 0, 0, 0];
      const choose = createSampler({ ...options, temperature });
      for (let position = 0; position < 20_000; position += 1) {
        const id = choose(candidates, position);
        counts[id] = (counts[id] ?? 0) + 1;
      }
      const weights = candidates.map((candidate) => Math.exp(candidate.logprob / temperature));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (const [id, weight] of weights.entries()) expect((counts[id] ?? 0) / 20_000).toBeCloseTo(weight / total, 1.7);
    }
  });

  it("looks at the K likeliest only", () => {
    const many = Array.from({ length: 200 }, (_, id) => ({ id, logprob: -5.3 - id / 1e6 }));
    const choose = createSampler({ ...options, temperature: 2 });
    for (let position = 0; position < 200; position += 1) expect(choose(many, position)).toBeLessThan(TOP_K);
  });

  it("says that an engine without candidates is wrong", () => {
    expect(() => createSampler(options)([], 0)).toThrow(expect.objectContaining({ code: "internal" }));
  });
});
