import { CortensorError } from "../errors/cortensorError.ts";
import { kebab } from "../util/names.ts";
import { nearest } from "../util/nearest.ts";
import { GLOBAL_FLAGS } from "./globals.ts";
import { type CommandEntry, type CommandGroup, isGroup, type Registry } from "./registry.ts";

/** Which command a command line names, and its words without that name. */
export interface Found {
  readonly path: readonly string[];
  readonly entry: CommandEntry | CommandGroup;
  readonly rest: readonly string[];
}

const TAKES_VALUE: ReadonlySet<string> = new Set(
  Object.entries(GLOBAL_FLAGS)
    .filter(([, flag]) => flag.type === "string")
    .map(([name]) => `--${kebab(name)}`),
);

/**
 * Finds the command before its options are known, so that only its module is loaded. Options may stand before the name.
 * Throws `unknown-command` with the nearest name.
 */
export function findCommand(argv: readonly string[], registry: Registry): Found {
  const top = registry.chapters.flatMap((chapter) => chapter.commands);
  const first = nextName(argv, top);
  if (first === undefined) return { path: [], entry: registry.bare, rest: argv };
  const entry = top.find(({ name }) => name === argv[first]);
  if (entry === undefined) throw unknown(String(argv[first]), { within: "", choices: top });
  const rest = argv.toSpliced(first, 1);
  if (!isGroup(entry)) return { path: [entry.name], entry, rest };

  const second = nextName(rest, entry.commands);
  if (second === undefined) return { path: [entry.name], entry, rest };
  const child = entry.commands.find(({ name }) => name === rest[second]);
  if (child === undefined) throw unknown(String(rest[second]), { within: `${entry.name} `, choices: entry.commands });
  return { path: [entry.name, child.name], entry: child, rest: rest.toSpliced(second, 1) };
}

/** The place of the first word that is no option and no option's value. */
function nextName(words: readonly string[], choices: readonly { name: string }[]): number | undefined {
  const names = new Set(choices.map(({ name }) => name));
  // After an option of a command still to come, a word may be that option's value unless it is a name.
  let guess: number | undefined;
  let strange = false;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? "";
    if (word === "--") break;
    if (word.startsWith("-") && word.length > 1) {
      if (TAKES_VALUE.has(word)) index += 1;
      else if (!isGlobal(word)) strange = true;
    } else if (!strange || names.has(word)) return index;
    else guess ??= index;
  }
  return guess;
}

function isGlobal(word: string): boolean {
  const [long] = word.split("=");
  if (["--help", "-h", "--version", "-V"].includes(word)) return true;
  return Object.entries(GLOBAL_FLAGS).some(
    ([name, flag]) =>
      long === `--${kebab(name)}` || long === `--no-${kebab(name)}` || ("short" in flag && word === `-${flag.short}`),
  );
}

function unknown(
  word: string,
  { within, choices }: { within: string; choices: readonly { name: string }[] },
): CortensorError {
  const near = nearest(
    word,
    choices.map(({ name }) => name),
  );
  return new CortensorError("unknown-command", `there is no command ${within}${word}`, {
    ...(near !== undefined && { why: [["nearest", `${within}${near}`]] }),
    try: near === undefined ? `cortensor ${within}--help` : `cortensor ${within}${near}`,
    data: { command: `${within}${word}`, nearest: near },
  });
}
