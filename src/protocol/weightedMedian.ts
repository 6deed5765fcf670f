/** One validator's value, and what it weighs. */
export interface Weighed {
  readonly value: number;
  readonly weight: bigint;
}

/**
 * The lowest v with `2 W(<= v) >= W`, W being the weight of those that have a value. Undefined when that is half of
 * `total` or less. While less than half of W is dishonest it lies between two honest values.
 */
export function weightedMedian(values: readonly Weighed[], total: bigint): number | undefined {
  const all = values.reduce((sum, { weight }) => sum + weight, 0n);
  if (2n * all <= total) return undefined;
  let below = 0n;
  for (const { value, weight } of values.toSorted((a, b) => a.value - b.value)) {
    below += weight;
    if (2n * below >= all) return value;
  }
  return undefined;
}
