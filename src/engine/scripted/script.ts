import { CortensorError } from "../../errors/cortensorError.ts";

export const FAULT_KINDS = ["stall", "error", "slow", "crash"] as const;

/**
 * What goes wrong after `atToken` new tokens of a generation. `stall`: nothing more until the signal; `error`: throws;
 * `slow`: ten times slower from then on; `crash`: the process dies. `times`: only in that many generations.
 */
export interface Fault {
  readonly kind: (typeof FAULT_KINDS)[number];
  readonly atToken: number;
  readonly times?: number;
}

/** How a scripted engine behaves. Nothing given: as fast as it can, 64 tokens, no faults. */
export interface Script {
  /** Declared name; its hash is the model id. */
  readonly name?: string;
  /** Answers are a function of this text and the context; the name if not given. */
  readonly seed?: string;
  /** Per answer; 0 or nothing: no delay. */
  readonly tokensPerSecond?: number;
  readonly firstTokenMs?: number;
  /** Tokens after which the turn ends. */
  readonly length?: number;
  readonly faults?: readonly Fault[];
}

const NUMBERS = { rate: "tokensPerSecond", first: "firstTokenMs", length: "length" } as const;

/** Reads the form of the command line: `name=x,seed=x,rate=200,first=50,length=64,stall@20,error@5x1`. */
export function parseScript(text: string): Script {
  const values: Record<string, unknown> = {};
  const faults: Fault[] = [];
  for (const part of text
    .split(",")
    .map((each) => each.trim())
    .filter(Boolean)) {
    const fault = /^(stall|error|slow|crash)@(\d+)(?:x(\d+))?$/.exec(part);
    const [key = "", value = ""] = part.split("=");
    if (fault !== null) faults.push(faultOf(fault));
    else if ((key === "name" || key === "seed") && value !== "") values[key] = value;
    else if (key in NUMBERS && /^\d+(\.\d+)?$/.test(value))
      values[NUMBERS[key as keyof typeof NUMBERS]] = Number(value);
    else throw unknown(part);
  }
  return { ...values, faults };
}

function faultOf([, kind, atToken, times]: RegExpExecArray): Fault {
  const fault = { kind: kind as Fault["kind"], atToken: Number(atToken) };
  return times === undefined ? fault : { ...fault, times: Number(times) };
}

function unknown(part: string): CortensorError {
  return new CortensorError("option-value", `"${part}" is not a part of a script.`, {
    why: [
      ["needed", "name=, seed=, rate=, first=, length=, or a fault: stall@N, error@N, slow@N, crash@N (with xTIMES)"],
    ],
    try: "--script rate=200,length=64,stall@20",
    data: { part },
  });
}
