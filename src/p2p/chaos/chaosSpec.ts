import { FAULT_FORM, FAULT_KINDS, type Fault, parseFault, partsOf, unknownPart } from "../../util/fault.ts";

/** How the lines of a node misbehave. Nothing given: not at all. */
export interface ChaosSpec {
  readonly faults: readonly Fault[];
  readonly flaky?: {
    /** Each frame is late by up to this. */
    readonly delayMs: number;
    /** How many frames of a hundred cut the line. */
    readonly cutPercent: number;
  };
  /** Faults fall the same way for the same text; anew in each process if not given. */
  readonly dice?: string;
}

const FLAKY = /^flaky=(\d+)ms(?:%(\d+(?:\.\d+)?))?$/;
const MOST_DELAY_MS = 60_000;

/** Reads `crash@~60%5,stall@~40%5,flaky=50ms%0.1,dice=7`; throws `option-value` for anything else. Empty is no chaos. */
export function parseChaos(text: string): ChaosSpec {
  const faults: Fault[] = [];
  let rest: Omit<ChaosSpec, "faults"> = {};
  for (const part of partsOf(text)) {
    const fault = parseFault(part);
    const [, delayMs, cutPercent = "0"] = FLAKY.exec(part) ?? [];
    if (fault !== undefined) faults.push(fault);
    else if (delayMs !== undefined && Number(delayMs) <= MOST_DELAY_MS && Number(cutPercent) <= 100)
      rest = { ...rest, flaky: { delayMs: Number(delayMs), cutPercent: Number(cutPercent) } };
    else if (/^dice=./.test(part)) rest = { ...rest, dice: part.slice("dice=".length) };
    else
      throw unknownPart(part, {
        needed: `a fault of ${FAULT_KINDS.join(", ")}: ${FAULT_FORM}; flaky=50ms%1 (frames late by up to 50 ms, 1 of 100 cuts the line); dice=7 (the same again)`,
        example: 'cortensor up --chaos "crash@~60%5,stall@~40%5,flaky=50ms"',
      });
  }
  return { faults, ...rest };
}
