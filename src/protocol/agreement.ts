/** What replicas have in common: which of them gave the answer that more than half gave. */
export interface Agreement {
  /** Share of equal answers in the largest group, 0 to 1. */
  readonly agreement: number;
  /** Places of those that are one of the largest group; all of them when no group is a strict majority. */
  readonly agreeing: readonly number[];
  /** Places of those outside a strict majority; empty without one. */
  readonly outliers: readonly number[];
  /** More than half of all gave the same ids. */
  readonly decided: boolean;
}

/** Compares whole answers, each as its output ids, by strict majority of equal ones. Throws nothing; none agree with none. */
export function agreementOf(answers: readonly (readonly number[])[]): Agreement {
  const groups = new Map<string, number[]>();
  answers.forEach((ids, place) => {
    const key = ids.join();
    groups.set(key, [...(groups.get(key) ?? []), place]);
  });
  const largest = [...groups.values()].reduce((most, group) => (group.length > most.length ? group : most), []);
  const all = answers.map((_, place) => place);
  const decided = largest.length * 2 > answers.length;
  return {
    agreement: answers.length === 0 ? 0 : largest.length / answers.length,
    agreeing: decided ? largest : all,
    outliers: decided ? all.filter((place) => !largest.includes(place)) : [],
    decided,
  };
}
