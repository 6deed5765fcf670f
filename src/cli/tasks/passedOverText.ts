import type { ExplainedAttempt } from "../../client/index.ts";
import { printable } from "../output/printable.ts";

const REASONS: Readonly<Record<string, string>> = {
  model: "with another model",
  excluded: "tried before",
  circuit: "resting after failures",
  context: "with too short a context",
  price: "above the price",
  reputation: "by reputation",
  owner: "of an owner that has the task already",
  class: "below the wanted class",
  busy: "with no free slot",
};

/** How many miners were not even compared, and why. Who was compared and dearer is named elsewhere. */
export function passedOverText({ passed_over, passed_over_unlisted: unlisted }: ExplainedAttempt): string {
  const reasons = passed_over.map(({ reason }) => reason).filter((reason) => reason !== "cost");
  const count = reasons.length + unlisted;
  if (count === 0) return "none passed over";
  const parts = [...new Set(reasons)].map((reason) => {
    const same = reasons.filter((other) => other === reason).length;
    return `${same} ${REASONS[reason] ?? printable(reason)}`;
  });
  return `${count} passed over: ${[...parts, ...(unlisted > 0 ? [`${unlisted} more`] : [])].join(", ")}`;
}
