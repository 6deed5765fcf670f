import type { Command } from "./command.ts";

/** A command as `--help` knows it: loading it is put off until it runs. */
export interface CommandEntry {
  readonly name: string;
  /** One line, lower case, no full stop. */
  readonly summary: string;
  load(): Promise<Command>;
}

/** Commands under one word, such as `wallet new`. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly CommandEntry[];
}

/** A titled part of the root `--help`. */
export interface Chapter {
  readonly title: string;
  readonly commands: readonly (CommandEntry | CommandGroup)[];
}

export interface Registry {
  readonly chapters: readonly Chapter[];
  /** What runs when no command is named. */
  readonly bare: CommandEntry;
}

export function isGroup(entry: CommandEntry | CommandGroup): entry is CommandGroup {
  return "commands" in entry;
}

/** All commands with their full names, such as `wallet new`. */
export function allCommands(registry: Registry): readonly { path: string; entry: CommandEntry }[] {
  return registry.chapters
    .flatMap((chapter) => chapter.commands)
    .flatMap((entry) =>
      isGroup(entry)
        ? entry.commands.map((child) => ({ path: `${entry.name} ${child.name}`, entry: child }))
        : [{ path: entry.name, entry }],
    );
}
