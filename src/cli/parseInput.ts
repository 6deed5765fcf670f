import { CommanderError, type Command as Parser } from "commander";
import { CortensorError } from "../errors/cortensorError.ts";
import { nearest } from "../util/nearest.ts";
import type { Argument, Command } from "./command.ts";
import { parserOf } from "./parser.ts";

/** A command line taken apart; the texts are not yet checked against their options. */
export interface Parsed {
  readonly args: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Only what was given. */
  readonly flags: Readonly<Record<string, string | boolean | readonly string[]>>;
}

/** Throws `unknown-option`, `option-value`, `argument-missing` or `argument-extra`. */
export function parseInput(path: readonly string[], command: Command, rest: readonly string[]): Parsed {
  const parser = parserOf(path, command);
  const name = path.join(" ");
  const { operands, unknown } = split(parser, { name, rest });
  const strange = unknown[0];
  if (strange !== undefined) throw unknownOption(parser, { name, given: strange });
  return { args: assign(command.arguments ?? [], { name, command, operands }), flags: given(parser) };
}

function split(
  parser: Parser,
  { name, rest }: { name: string; rest: readonly string[] },
): ReturnType<Parser["parseOptions"]> {
  try {
    return parser.parseOptions([...rest]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const option = /'(?:-\w, )?(--[\w-]+)/.exec(error.message)?.[1] ?? "the last option";
    throw new CortensorError("option-value", `${option} needs a value`, {
      try: `${fullName(name)} --help`,
      data: { option },
      cause: error,
    });
  }
}

function given(parser: Parser): Parsed["flags"] {
  const all = Object.entries(parser.opts<Record<string, string | boolean | string[]>>());
  return Object.fromEntries(all.filter(([key]) => parser.getOptionValueSource(key) === "cli"));
}

function fullName(name: string): string {
  return name === "" ? "cortensor" : `cortensor ${name}`;
}

function unknownOption(parser: Parser, { name, given }: { name: string; given: string }): CortensorError {
  const flag = given.split("=")[0] ?? given;
  const near = nearest(
    flag,
    parser.options.flatMap(({ long }) => long ?? []),
  );
  return new CortensorError("unknown-option", `${fullName(name)} has no option ${flag}`, {
    ...(near !== undefined && { why: [["nearest", near]] }),
    try: `${fullName(name)} --help`,
    data: { option: flag, nearest: near },
  });
}

function assign(
  wanted: readonly Argument[],
  { name, command, operands }: { name: string; command: Command; operands: readonly string[] },
): Parsed["args"] {
  const args: Record<string, string | readonly string[] | undefined> = {};
  let next = 0;
  for (const argument of wanted) {
    const word = operands[next];
    if (word === undefined && argument.required === true) throw missing(argument, { name, command });
    args[argument.name] = argument.repeat === true ? operands.slice(next) : word;
    next = argument.repeat === true ? operands.length : next + 1;
  }
  const extra = operands[next];
  if (extra === undefined) return args;
  const count =
    wanted.length === 0 ? "no argument" : wanted.length === 1 ? "one argument" : `${wanted.length} arguments`;
  throw new CortensorError("argument-extra", `${fullName(name)} takes ${count}, and ${quoted(extra)} is one more`, {
    why: [["why", "a text with spaces is one argument only inside quotes"]],
    try: `${fullName(name)} --help`,
    data: { argument: extra },
  });
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
}

function missing(
  { name: argument, describe }: Argument,
  { name, command }: { name: string; command: Command },
): CortensorError {
  return new CortensorError("argument-missing", `${fullName(name)} needs ${argument.toUpperCase()}`, {
    why: [["needed", describe]],
    try: command.examples[0],
    data: { argument },
  });
}
