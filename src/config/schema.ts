import { z } from "zod";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Option } from "../util/option.ts";

export type OptionValue = string | number | boolean;

/** Where a value was given, for the error: a flag, an environment name, a key of a file. */
export interface Given {
  readonly kind: "flag" | "argument" | "environment" | "file" | "preset";
  /** As the reader wrote it: `--port`, `CORTENSOR_ROUTER_PORT`, `router.port`. */
  readonly name: string;
  /** The file that holds it, where there is one. */
  readonly file?: string;
}

/** The validator of an option's value. */
function schemaOf(option: Option): z.ZodType<OptionValue> {
  const { type, choices } = option;
  if (type === "boolean") return z.boolean();
  if (type === "string") return choices === undefined ? z.string() : z.enum(choices as [string, ...string[]]);
  return within(type === "integer" ? z.int() : z.number(), option);
}

function within(schema: z.ZodNumber, { min, max }: Option): z.ZodNumber {
  const low = min === undefined ? schema : schema.gte(min);
  return max === undefined ? low : low.lte(max);
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const BOOLEANS = new Map<string, boolean>([
  ...["true", "1", "yes", "on"].map((word) => [word, true] as const),
  ...["false", "0", "no", "off"].map((word) => [word, false] as const),
]);

/** A text from a flag or the environment as the type of the option; unchanged when it does not read as one. */
function fromText(option: Option, text: string): unknown {
  if (option.type === "boolean") return BOOLEANS.get(text.trim().toLowerCase()) ?? text;
  if (option.type === "string") return text;
  return NUMBER.test(text.trim()) ? Number(text) : text;
}

/**
 * The value of an option. Throws `option-value` (flags, arguments) or `config-invalid` (environment, files, presets) with
 * the value, the range and the unit.
 */
export function checkValue(option: Option, value: unknown, given: Given): OptionValue {
  const textual = given.kind !== "file" && given.kind !== "preset" && typeof value === "string";
  const result = schemaOf(option).safeParse(textual ? fromText(option, value) : value);
  if (result.success) return result.data;
  throw wrong(option, value, given);
}

function wrong(option: Option, value: unknown, given: Given): CortensorError {
  const usage = given.kind === "flag" || given.kind === "argument";
  const fix: Record<Given["kind"], string> = {
    flag: `${given.name} ${sample(option)}`,
    argument: `cortensor config explain ${given.name}`,
    environment: `export ${given.name}=${sample(option)}`,
    file: `cortensor config set ${given.name} ${sample(option)}`,
    preset: `cortensor config explain ${given.name}`,
  };
  const shown = typeof value === "string" ? (value === "" ? "nothing" : value) : JSON.stringify(value);
  return new CortensorError(
    usage ? "option-value" : "config-invalid",
    `${given.name} takes ${rangeOf(option)}, not ${shown}`,
    {
      why: [["why", option.describe], ...(given.file === undefined ? [] : [["found", given.file] as const])],
      try: fix[given.kind],
      data: { name: given.name, value, range: rangeOf(option), unit: option.unit },
    },
  );
}

function sample({ default: byDefault, min, choices, type }: Option): string {
  return String(byDefault ?? choices?.[0] ?? min ?? (type === "boolean" ? true : type === "string" ? "TEXT" : 1));
}

/** What an option takes, for people: `a whole number from 0 to 65535`, with its unit. */
export function rangeOf({ type, min, max, choices, unit }: Option): string {
  if (type === "boolean") return "true or false";
  if (type === "string") return choices === undefined ? "a text" : `one of ${choices.join(", ")}`;
  const number = type === "integer" ? "a whole number" : "a number";
  const from = min === undefined ? "" : max === undefined ? ` of at least ${min}` : ` from ${min} to ${max}`;
  const range = min === undefined && max !== undefined ? ` of at most ${max}` : from;
  return `${number}${range}${unit === undefined ? "" : ` (${unit})`}`;
}
