import { MOST_MARGIN_NATS } from "./margin.ts";
import { LEAST_TOKENS, type ThresholdBand } from "./thresholdCard.ts";

type Limits = ThresholdBand["limits"];

/** Of honest tasks, at most this share may be above its limit. */
const FALSE_RATE = 1e-4;
const LENGTHS = [LEAST_TOKENS, 24, 32, 48, 64, 96, 128, 192, 256, 512];
const DRAWS = 200_000;
/**
 * What was never seen in so many tokens is, with 95% certainty, rarer than 3 in as many (the rule of three). It is taken
 * to be that frequent, and twice as large as the largest margin seen; at least what two machines may differ by at both of
 * the tokens that a margin compares.
 */
const UNSEEN = { count: 3, factor: 2, leastNats: 0.2 };
const DIGITS = 1e5;

/**
 * The highest mean margins of honest tasks, by their tokens: tasks are drawn as runs of neighbouring tokens from what was
 * measured, as noise comes in runs too, with what was not seen added. `margins`: of honest tokens, in nats, in the order
 * of their answers; not empty.
 */
export function honestLimits(margins: readonly number[], random: () => number): Limits {
  const count = margins.length;
  const sums = new Float64Array(count + 1);
  for (const [index, margin] of margins.entries()) sums[index + 1] = (sums[index] ?? 0) + margin;
  const largest = margins.reduce((most, margin) => Math.max(most, margin), 0);
  const unseenNats = Math.min(MOST_MARGIN_NATS, Math.max(UNSEEN.leastNats, UNSEEN.factor * largest));
  const window = { sums, count };
  return descending(
    LENGTHS.map((tokens) => {
      const unseen = poisson(tokens * Math.min(1, UNSEEN.count / count));
      const means = new Float64Array(DRAWS);
      for (let draw = 0; draw < DRAWS; draw += 1) {
        const seen = windowSum(window, Math.floor(random() * count), tokens);
        means[draw] = (seen + unseen(random) * unseenNats) / tokens;
      }
      means.sort();
      return { tokens, marginNats: rounded(means[Math.ceil(DRAWS * (1 - FALSE_RATE))] ?? 0) };
    }),
  );
}

/** The highest of each length: limits that hold for every kind of honest run. */
export function highestLimits(kinds: readonly Limits[]): Limits {
  const lengths = [...new Set(kinds.flatMap((limits) => limits.map(({ tokens }) => tokens)))].sort((a, b) => a - b);
  const highest = (tokens: number): number =>
    Math.max(...kinds.map((limits) => limits.find((limit) => limit.tokens === tokens)?.marginNats ?? 0));
  return descending(lengths.map((tokens) => ({ tokens, marginNats: highest(tokens) })));
}

/** A limit counts until the next longer one, so none may be below a later one. */
function descending(limits: Limits): Limits {
  return limits.map(({ tokens }, index) => ({
    tokens,
    marginNats: Math.max(...limits.slice(index).map(({ marginNats }) => marginNats)),
  }));
}

function rounded(nats: number): number {
  return Math.min(MOST_MARGIN_NATS, Math.ceil(nats * DIGITS) / DIGITS);
}

/** The sum of so many neighbours from `start` on, going round at the end. */
function windowSum({ sums, count }: { sums: Float64Array; count: number }, start: number, length: number): number {
  const whole = Math.floor(length / count) * (sums[count] ?? 0);
  const end = start + (length % count);
  if (end <= count) return whole + (sums[end] ?? 0) - (sums[start] ?? 0);
  return whole + (sums[count] ?? 0) - (sums[start] ?? 0) + (sums[end - count] ?? 0);
}

/** How often something happens that happens `mean` times on average; `mean` above 0. */
function poisson(mean: number): (random: () => number) => number {
  const cumulative: number[] = [];
  let total = 0;
  for (let times = 0, log = -mean; times < mean + 10 * Math.sqrt(mean) + 10; times += 1) {
    total += Math.exp(log);
    cumulative.push(total);
    log += Math.log(mean / (times + 1));
  }
  return (random) => firstAbove(cumulative, random());
}

/** The index of the first number above `value`, of ascending ones; the last index when none is. */
function firstAbove(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 1) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
