import { Command as Parser, Option as ParserOption } from "commander";
import { kebab } from "../util/names.ts";
import type { Argument, Command, Section } from "./command.ts";
import type { Flag } from "./flag.ts";
import { GLOBAL_FLAGS } from "./globals.ts";

/** Title of the options that every command takes. */
export const EVERYWHERE = "Everywhere";

/** The command-line parser of one command, made from its record. */
export function parserOf(path: readonly string[], command: Partial<Command>): Parser {
  const parser = emptyParser(["cortensor", ...path].join(" "));
  for (const argument of command.arguments ?? []) parser.argument(spelled(argument), argument.describe);
  for (const section of command.sections ?? []) addSection(parser, section);
  return addGlobals(parser);
}

/** A parser without options that throws instead of exiting. */
export function emptyParser(name: string): Parser {
  return new Parser(name)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .helpOption(false)
    .helpCommand(false);
}

export function addGlobals(parser: Parser): Parser {
  addSection(parser, { title: EVERYWHERE, flags: GLOBAL_FLAGS });
  const group = `${EVERYWHERE}:`;
  parser.addOption(new ParserOption("-h, --help", "this help").helpGroup(group));
  parser.addOption(new ParserOption("-V, --version", "the version").helpGroup(group));
  return parser;
}

function spelled({ name, required, repeat }: Argument): string {
  const inner = `${name}${repeat === true ? "..." : ""}`;
  return required === true ? `<${inner}>` : `[${inner}]`;
}

function addSection(parser: Parser, { title, flags }: Section): void {
  for (const [name, flag] of Object.entries(flags)) {
    const long = kebab(name);
    const short = flag.short === undefined ? "" : `-${flag.short}, `;
    const help = describe(flag);
    const make = (spelling: string) => new ParserOption(spelling, help).helpGroup(`${title}:`);
    if (flag.type !== "boolean") {
      const option = make(`${short}--${long} <${flag.value ?? placeholder(flag)}>`);
      if (flag.repeat === true)
        option.argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]);
      parser.addOption(option);
      continue;
    }
    // Both directions exist, so that a flag can undo what the environment or a config file says; help shows the useful one.
    const on = make(`${short}--${long}`);
    const off = make(`--no-${long}`);
    parser.addOption(flag.default === true ? on.hideHelp() : on);
    parser.addOption(flag.default === true ? off : off.hideHelp());
  }
}

function placeholder(flag: Flag): string {
  if (flag.choices !== undefined) return flag.choices.join("|");
  return flag.type === "string" ? "TEXT" : "N";
}

function describe(flag: Flag): string {
  const notes: string[] = [];
  if (flag.value !== undefined && flag.choices !== undefined) notes.push(flag.choices.join(", "));
  if (flag.type !== "boolean") {
    if (flag.default !== undefined && flag.default !== "") notes.push(`default ${flag.default}`);
    if (flag.unit !== undefined) notes.push(flag.unit);
    if (flag.repeat === true) notes.push("repeatable");
  }
  return notes.length === 0 ? flag.describe : `${flag.describe} (${notes.join("; ")})`;
}
