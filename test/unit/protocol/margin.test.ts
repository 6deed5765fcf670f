import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BANDS } from "../../../src/protocol/cutBands.ts";
import { createMargin, marginsOf, MOST_MARGIN_NATS } from "../../../src/protocol/margin.ts";
import { summary } from "../../../src/protocol/marginSummary.ts";
import { createSampler, type SamplerCandidate, type SamplerOptions, TOP_K } from "../../../src/protocol/sampler.ts";
import { normalised, someCandidates, someOptions, somePosition } from "../../support/margins.ts";

const PLAIN: SamplerOptions = { seed: 7n, temperature: 1, topP: 1, topK: 64, minP: 0 };
const of = (...probabilities: number[]): SamplerCandidate[] =>
  probabilities.map((probability, id) => ({ id, logprob: Math.log(probability) }));
const at = (candidates: readonly SamplerCandidate[], token: number, options: Partial<SamplerOptions>) =>
  createMargin({ ...PLAIN, ...options })({ candidates, token, position: 0 });

describe("the margin of a token", () => {
  it("is 0, and a match, for what the seed chose", () => {
    fc.assert(
      fc.property(someCandidates, someOptions, somePosition, (candidates, options, position) => {
        const token = createSampler(options)(candidates, position);
        const { marginNats, matches } = createMargin(options)({ candidates, token, position });
        return marginNats === 0 && matches;
      }),
      { numRuns: 2000 },
    );
  });

  it("is at most the band for what the seed chose on a machine whose numbers differ by noise", () => {
    const noise = fc.array(fc.double({ min: -0.04, max: 0.04, noNaN: true }), { minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(someCandidates, noise, someOptions, (candidates, noise, options) => {
        const elsewhere = candidates.map(({ id, logprob }, index) => ({ id, logprob: logprob + (noise[index] ?? 0) }));
        const token = createSampler(options)(normalised(elsewhere), 5);
        return createMargin(options)({ candidates, token, position: 5 }).marginNats <= BANDS.nats;
      }),
      { numRuns: 3000 },
    );
  });

  it("is 4 for a token outside the K", () => {
    fc.assert(
      fc.property(someCandidates, someOptions, somePosition, (candidates, options, position) => {
        const margin = createMargin(options)({ candidates, token: 200_001, position });
        return margin.marginNats === MOST_MARGIN_NATS && !margin.matches;
      }),
    );
  });

  it("does not care for the order of the candidates", () => {
    fc.assert(
      fc.property(someCandidates, someOptions, fc.nat(63), (candidates, options, index) => {
        const token = candidates[index % candidates.length]?.id ?? 0;
        const margin = createMargin(options);
        const reversed = candidates.toReversed();
        expect(margin({ candidates: reversed, token, position: 3 })).toEqual(
          margin({ candidates, token, position: 3 }),
        );
      }),
    );
  });

  it("lies between 0 and 4, and grows with the distance of the scores", () => {
    const candidates = of(0.6, 0.3, 0.0999, 0.0001);
    const margins = [0, 1, 2, 3].map((token) => at(candidates, token, { temperature: 0 }).marginNats);
    expect(margins).toEqual([0, expect.closeTo(Math.log(2)), expect.closeTo(Math.log(6), 2), MOST_MARGIN_NATS]);
  });
});

describe("a token near a cut", () => {
  const greedy = { temperature: 0 };

  it("of top_k is honest when it is nearly as likely as the last inside, else outside", () => {
    const candidates = of(0.5, 0.21, 0.2, 0.09);
    expect(at(candidates, 2, { ...greedy, topK: 2 }).marginNats).toBeCloseTo(Math.log(0.5 / 0.2));
    expect(at(candidates, 3, { ...greedy, topK: 2 }).marginNats).toBe(MOST_MARGIN_NATS);
  });

  it("of min_p is honest within 0.1 nat", () => {
    const candidates = of(0.8, 0.043, 0.037, 0.03);
    const margins = [1, 2, 3].map((token) => at(candidates, token, { ...greedy, minP: 0.05 }).marginNats);
    expect(margins).toEqual([expect.closeTo(2.92, 1), expect.closeTo(3.07, 1), MOST_MARGIN_NATS]);
  });

  it("of top_p is honest within 0.02 of mass", () => {
    const candidates = of(0.8, 0.109, 0.061, 0.03);
    const margins = [1, 2, 3].map((token) => at(candidates, token, { ...greedy, topP: 0.9 }).marginNats);
    expect(margins).toEqual([expect.closeTo(1.99, 1), expect.closeTo(2.57, 1), MOST_MARGIN_NATS]);
  });

  it("of top_p is honest when only the order of two likely tokens puts it outside", () => {
    expect(at(of(0.41, 0.4, 0.19), 1, { ...greedy, topP: 0.3 }).marginNats).toBeLessThan(BANDS.nats);
  });

  it("is no standard for others: the best is clearly inside", () => {
    const candidates = of(0.41, 0.4, 0.19);
    expect(at(candidates, 0, { ...greedy, topK: 1 }).marginNats).toBe(0);
    expect(at(candidates, 1, { ...greedy, topK: 1 }).marginNats).toBe(0);
  });

  it("a whole K has an edge too: a token that others may not list is no standard", () => {
    const flat = normalised(Array.from({ length: 64 }, (_, id) => ({ id, logprob: -id / 1000 })));
    for (const { id } of flat) expect(at(flat, id, { temperature: 2 }).marginNats).toBe(0);
  });

  it("beyond the K is honest when it is nearly as likely as the last of the K, else outside", () => {
    const logprobs = Array.from({ length: 80 }, (_, id) => -id / 50);
    const candidates = logprobs.map((logprob, id) => ({ id, logprob }));
    const margins = [63, 64, 67, 69, 79].map((token) => at(candidates, token, { temperature: 0 }).marginNats);
    expect(margins).toEqual([63 / 50, 64 / 50, 67 / 50, MOST_MARGIN_NATS, MOST_MARGIN_NATS]);
  });

  it("beyond the K is never the choice", () => {
    fc.assert(
      fc.property(someCandidates, someOptions, somePosition, (candidates, options, position) => {
        const last = candidates.at(-1)?.logprob ?? 0;
        const more = Array.from({ length: 16 }, (_, index) => ({ id: 200_001 + index, logprob: last - 0.01 }));
        const token = createSampler(options)(candidates, position);
        const long = candidates.length === TOP_K ? [...candidates, ...more] : candidates;
        const margin = createMargin(options)({ candidates: long, token, position });
        return margin.matches && margin.marginNats === 0;
      }),
    );
  });
});

describe("the summary", () => {
  it("counts matches, margins, evidence and log-probability", () => {
    const half = of(0.5, 0.5);
    const margins = marginsOf(
      { positions: [half, half, half, of(1)], ids: [0, 0, 9, 0] },
      { ...PLAIN, temperature: 0 },
    );
    expect(summary(margins)).toEqual({
      tokens: 4,
      matches: 3,
      meanMarginNats: 1,
      evidenceNats: expect.closeTo(3 * Math.log(2)) as number,
      meanLogprob256: Math.round(Math.log(0.5) * 0.75 * 256),
    });
    expect(summary([])).toEqual({ tokens: 0, matches: 0, meanMarginNats: 0, evidenceNats: 0, meanLogprob256: 0 });
  });

  it("skips positions without candidates and counts positions over the whole answer", () => {
    const candidates = of(0.3, 0.3, 0.2, 0.2);
    const choose = createSampler(PLAIN);
    const ids = Array.from({ length: 40 }, (_, position) => choose(candidates, position));
    const positions = ids.map(() => candidates);
    const rest = { positions: [[], ...positions.slice(21)], ids: ids.slice(20), from: 20 };
    expect(summary(marginsOf(rest, PLAIN))).toMatchObject({ tokens: 19, matches: 19, meanMarginNats: 0 });
    expect(summary(marginsOf({ ...rest, from: 21 }, PLAIN)).matches).toBeLessThan(15);
  });

  it("weighs evidence by how open the choice was", () => {
    const sure = of(0.9999, 0.0001);
    const open = of(0.4, 0.3, 0.2, 0.1);
    const evidence = (candidates: readonly SamplerCandidate[], options: Partial<SamplerOptions>): number =>
      at(candidates, 0, options).entropyNats;
    expect(evidence(sure, {})).toBeLessThan(0.01);
    expect(evidence(open, {})).toBeCloseTo(1.28, 2);
    expect(evidence(open, { temperature: 2 })).toBeGreaterThan(evidence(open, {}));
    expect(evidence(open, { topK: 1 })).toBe(0);
    expect(evidence(open, { temperature: 0 })).toBeLessThan(0.3);
    expect(evidence(of(0.505, 0.495), { temperature: 0 })).toBeCloseTo(Math.log(2), 1);
  });
});
