import { CortensorError } from "../errors/cortensorError.ts";

/**
 * What can go wrong on purpose within an answer. `stall`: nothing more; `slow`: ten times slower from then on; `error`: the
 * answer fails; `crash`: the process dies; `drop`: the line to the router is cut; `corrupt`: bytes that are no frame instead
 * of the tokens; `drain`: the node stops as if its operator had asked for it.
 */
export const FAULT_KINDS = ["stall", "slow", "error", "crash", "drop", "corrupt", "drain"] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** A fault at a known place: after so many new tokens of one answer. */
export interface DueFault {
  readonly kind: FaultKind;
  readonly atToken: number;
}

/** A rule that answers are measured against, each anew. */
export interface Fault extends DueFault {
  /** At a token drawn from 1 to `atToken`, each as likely, instead of at `atToken`. */
  readonly anywhere?: boolean;
  /** Above 0, up to 100: how many answers of a hundred it befalls; all if not given. */
  readonly percent?: number;
  /** Only in that many answers. */
  readonly times?: number;
}

const FORM = new RegExp(`^(${FAULT_KINDS.join("|")})@(~?)(\\d+)(?:%(\\d+(?:\\.\\d+)?))?(?:x(\\d+))?$`);
/** How a fault is written, for help and errors. */
export const FAULT_FORM =
  "KIND@N (after N tokens) or KIND@~N (at a random token up to N), then %P (in P of 100 answers) and xT (in T answers)";

/** Reads `stall@20`, `stall@~40`, `stall@20%10`, `stall@~40%2.5x3`; undefined for anything else. */
export function parseFault(text: string): Fault | undefined {
  const found = FORM.exec(text);
  if (found === null) return undefined;
  const [, kind, anywhere, atToken, percent, times] = found;
  const fault: Fault = {
    kind: kind as FaultKind,
    atToken: Number(atToken),
    ...(anywhere !== "" && { anywhere: true }),
    ...(percent !== undefined && { percent: Number(percent) }),
    ...(times !== undefined && { times: Number(times) }),
  };
  const impossible = fault.percent !== undefined && (fault.percent <= 0 || fault.percent > 100);
  return impossible || (fault.anywhere === true && fault.atToken === 0) ? undefined : fault;
}

/** The parts of a spec: what stands between commas. */
export function partsOf(spec: string): readonly string[] {
  return spec
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);
}

/** A part of a spec that cannot be understood. */
export function unknownPart(part: string, { needed, example }: { needed: string; example: string }): CortensorError {
  return new CortensorError("option-value", `"${part}" is neither a setting nor a fault`, {
    why: [["needed", needed]],
    try: example,
    data: { part },
  });
}

/** Draws for each answer which faults befall it, and where. */
export class FaultDice {
  readonly #faults: readonly Fault[];
  readonly #random: () => number;
  readonly #hits = new Map<Fault, number>();

  constructor(faults: readonly Fault[], random: () => number) {
    this.#faults = faults;
    this.#random = random;
  }

  /** The faults of one answer. */
  throw(): readonly DueFault[] {
    return this.#faults.flatMap((fault) => this.#throwOne(fault));
  }

  #throwOne(fault: Fault): readonly DueFault[] {
    const hits = this.#hits.get(fault) ?? 0;
    if (hits >= (fault.times ?? Number.POSITIVE_INFINITY)) return [];
    if (fault.percent !== undefined && this.#random() * 100 >= fault.percent) return [];
    this.#hits.set(fault, hits + 1);
    const { kind, atToken, anywhere } = fault;
    return [{ kind, atToken: anywhere === true ? 1 + Math.floor(this.#random() * atToken) : atToken }];
  }
}
