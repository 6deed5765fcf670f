import { CortensorError } from "../errors/cortensorError.ts";
import { kebab } from "../util/names.ts";
import type { Command, Input, Section } from "./command.ts";
import type { Context } from "./context.ts";
import type { Flag } from "./flag.ts";
import { GLOBAL_FLAGS, type GlobalValues } from "./globals.ts";
import type { Parsed } from "./parseInput.ts";

type Given = Parsed["flags"][string];

/** The global options, which are checked before there is a context to work with. */
export async function globalValues(flags: Parsed["flags"]): Promise<GlobalValues> {
  return (await checkedFlags(GLOBAL_FLAGS, flags)) as unknown as GlobalValues;
}

/** The flags that stand for settings, by key. */
export function settingFlags(sections: readonly Section[], flags: Parsed["flags"]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    sections.flatMap(({ module, flags: known }) =>
      module === undefined
        ? []
        : Object.keys(known)
            .filter((name) => flags[name] !== undefined)
            .map((name) => [module === "general" ? name : `${module}.${name}`, flags[name]]),
    ),
  );
}

/** Arguments and checked options as a command's `run` takes them. Throws `option-value`, and `config-invalid` for settings. */
export async function resolveInput(command: Command, parsed: Parsed, context: Context): Promise<Input> {
  const options: Record<string, unknown> = {};
  for (const section of command.sections ?? []) {
    const values =
      section.module === undefined
        ? await checkedFlags(section.flags, parsed.flags)
        : await fromSettings(section, context);
    for (const name of Object.keys(section.flags)) options[name] = values[name];
  }
  return { args: parsed.args, options } as unknown as Input;
}

async function fromSettings({ module }: Section, context: Context): Promise<Readonly<Record<string, unknown>>> {
  const settings = (await context.settings()) as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  const values = settings[module ?? ""];
  // A mistake in a command's record, not of the reader.
  if (values === undefined)
    throw new Error(`a command names the settings of ${module}, which are not in config/tree.ts`);
  return values;
}

async function checkedFlags(
  known: Readonly<Record<string, Flag>>,
  given: Parsed["flags"],
): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(known)) {
    const value = given[name];
    values[name] =
      value === undefined ? (flag.repeat === true ? [] : flag.default) : await checked(flag, { name, value });
  }
  return values;
}

/** Free texts and switches need no check, and so no validator, which takes a while to load. */
async function checked(flag: Flag, { name, value }: { name: string; value: Given }): Promise<unknown> {
  if (flag.type === "boolean" || (flag.type === "string" && flag.choices === undefined)) return value;
  const { checkValue } = await import("../config/schema.ts");
  const given = { kind: "flag", name: `--${kebab(name)}` } as const;
  if (flag.repeat !== true) return checkValue(flag, value, given);
  if (!Array.isArray(value)) throw new CortensorError("internal", `${given.name} is no list`);
  return value.map((one: unknown) => checkValue(flag, one, given));
}
