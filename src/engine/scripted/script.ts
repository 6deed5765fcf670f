import { FAULT_FORM, type Fault, parseFault, partsOf, unknownPart } from "../../util/fault.ts";

/** What a script can do; the other faults are those of a line to a router. */
const SCRIPT_FAULTS = ["stall", "slow", "error", "crash"];

/** How a scripted engine behaves. Nothing given: as fast as it can, 64 tokens, no faults. */
export interface Script {
  /** Declared name; its hash is the model id. */
  readonly name?: string;
  /** Answers are a function of this text and the context; the name if not given. */
  readonly seed?: string;
  /** How far apart machines with the same script are, in nats; 0 or nothing: all compute the same. */
  readonly noiseNats?: number;
  /** Which machine this is, for its noise. */
  readonly machine?: string;
  /** Per answer; 0 or nothing: no delay. */
  readonly tokensPerSecond?: number;
  readonly firstTokenMs?: number;
  /** Tokens after which the turn ends. */
  readonly length?: number;
  /** `stall`, `slow`, `error` and `crash`. */
  readonly faults?: readonly Fault[];
  /** Faults fall the same way for the same text; anew in each process if not given. */
  readonly dice?: string;
}

const NUMBERS = { rate: "tokensPerSecond", first: "firstTokenMs", length: "length", noise: "noiseNats" } as const;
const TEXTS = ["name", "seed", "dice", "machine"];

/** Reads the form of the command line: `name=x,seed=x,rate=200,first=50,length=64,stall@20,error@~40%10x1,dice=7`. */
export function parseScript(text: string): Script {
  const values: Record<string, unknown> = {};
  const faults: Fault[] = [];
  for (const part of partsOf(text)) {
    const fault = parseFault(part);
    const [key = "", value = ""] = part.split("=");
    if (fault !== undefined && SCRIPT_FAULTS.includes(fault.kind)) faults.push(fault);
    else if (TEXTS.includes(key) && value !== "") values[key] = value;
    else if (key in NUMBERS && /^\d+(\.\d+)?$/.test(value))
      values[NUMBERS[key as keyof typeof NUMBERS]] = Number(value);
    else
      throw unknownPart(part, {
        needed: `name=, seed=, rate=, first=, length=, noise=, machine=, dice=, or a fault of ${SCRIPT_FAULTS.join(", ")}: ${FAULT_FORM}`,
        example: "--script rate=200,length=64,stall@20",
      });
  }
  return { ...values, faults };
}
