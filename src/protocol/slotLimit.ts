/** How many orders a router gives a miner at once: learned, since what a miner announces is only what it hopes. */
export interface SlotLimit {
  readonly limit: number;
  /** What the miner announced. */
  readonly most: number;
  /** Orders without trouble since the limit last changed. */
  readonly smooth: number;
}

export function firstSlotLimit(announced: number): SlotLimit {
  return { limit: 1, most: Math.max(1, announced), smooth: 0 };
}

/** One more after as many smooth orders as the limit; half when it was too much. */
export function nextSlotLimit(slots: SlotLimit, order: "smooth" | "tooMuch"): SlotLimit {
  if (order === "tooMuch") return { ...slots, limit: Math.max(1, slots.limit >> 1), smooth: 0 };
  const smooth = slots.smooth + 1;
  if (slots.limit >= slots.most || smooth < slots.limit) return { ...slots, smooth };
  return { ...slots, limit: slots.limit + 1, smooth: 0 };
}
