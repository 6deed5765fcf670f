export type Phase = "anchor" | "commit" | "reveal" | "settle";

interface Times {
  readonly epochSeconds: number;
  /** Block time in seconds at which epoch 0 began. */
  readonly genesis: number;
  /** Ends of the phases, in seconds after the end of the epoch that is reported. */
  readonly anchorSeconds: number;
  readonly commitSeconds: number;
  readonly revealSeconds: number;
}

/** What can be done at a block time in seconds, for the epoch that ended last: -1 before any has. */
export function phaseAt(timestamp: number, times: Times): { readonly reported: number; readonly phase: Phase } {
  const elapsed = Math.max(0, timestamp - times.genesis);
  const seconds = elapsed % times.epochSeconds;
  const reported = Math.floor(elapsed / times.epochSeconds) - 1;
  if (seconds < times.anchorSeconds) return { reported, phase: "anchor" };
  if (seconds < times.commitSeconds) return { reported, phase: "commit" };
  return { reported, phase: seconds < times.revealSeconds ? "reveal" : "settle" };
}

/**
 * When a chain that mines only on demand is to mine, in seconds after the end of an epoch: the blocks that draw leaves,
 * and one for each later phase. A second late, as its clock counts whole seconds and may be behind.
 */
export function phaseEdges(
  times: Pick<Times, "anchorSeconds" | "commitSeconds" | "revealSeconds">,
): readonly { readonly afterSeconds: number; readonly blocks: number }[] {
  return [
    { afterSeconds: times.anchorSeconds + 1, blocks: 3 },
    { afterSeconds: times.commitSeconds + 1, blocks: 1 },
    { afterSeconds: times.revealSeconds + 1, blocks: 1 },
  ];
}
