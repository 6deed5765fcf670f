import type { Command as Parser } from "commander";
import type { Command } from "./command.ts";
import type { Look } from "./output/look.ts";
import { addGlobals, emptyParser, EVERYWHERE, parserOf } from "./parser.ts";
import { type CommandEntry, type CommandGroup, isGroup, type Registry } from "./registry.ts";
import { version } from "./version.ts";

/** Help for the program: every command by chapter. */
export function rootHelp(registry: Registry, look: Look): string {
  const parser = emptyParser("cortensor");
  for (const { title, commands } of registry.chapters) for (const entry of commands) add(parser, entry, title);
  const text = render(addGlobals(parser).usage("[COMMAND] [OPTIONS]"), look);
  const title = `cortensor ${version()}   AI answers from machines that anyone can run and anyone can check`;
  return `${title}\n\n${text}\n${examples(["cortensor help COMMAND", "cortensor config explain"], look)}`;
}

/** Help for a word with commands under it. */
export function groupHelp(group: CommandGroup, look: Look): string {
  const parser = emptyParser(`cortensor ${group.name}`).description(sentence(group.summary));
  for (const entry of group.commands) add(parser, entry, "Commands:");
  return render(addGlobals(parser).usage("COMMAND [OPTIONS]"), look);
}

/** Help for one command. */
export function commandHelp(
  path: readonly string[],
  { entry, command, look }: { entry: CommandEntry; command: Command; look: Look },
): string {
  const parser = parserOf(path, command);
  parser.description([sentence(entry.summary), ...(command.about === undefined ? [] : [command.about])].join("\n"));
  const words = parser.registeredArguments.map((argument) => {
    const word = `${argument.name().toUpperCase()}${argument.variadic ? "..." : ""}`;
    return argument.required ? ` ${word}` : ` [${word}]`;
  });
  return `${render(parser.usage(`[OPTIONS]${words.join("")}`), look)}\n${examples(command.examples, look)}`;
}

function add(parser: Parser, entry: CommandEntry | CommandGroup, title: string): void {
  const names = isGroup(entry) ? `: ${entry.commands.map(({ name }) => name).join(", ")}` : "";
  parser.addCommand(emptyParser(entry.name).description(`${entry.summary}${names}`).helpGroup(title));
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

function examples(lines: readonly string[], look: Look): string {
  return `${look.style.strong("Examples:")}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function render(parser: Parser, look: Look): string {
  parser.configureHelp({
    helpWidth: look.columns,
    styleTitle: (title) => look.style.strong(title),
    // The plain name: commander's own adds [options] to each.
    subcommandTerm: (command) => command.name(),
  });
  return everywhereLast(parser.helpInformation());
}

/** Commands before the options that all of them share. */
function everywhereLast(text: string): string {
  const blocks = text.trimEnd().split("\n\n");
  const isShared = (block: string): boolean => block.includes(`${EVERYWHERE}:`);
  return `${[...blocks.filter((block) => !isShared(block)), ...blocks.filter(isShared)].join("\n\n")}\n`;
}
