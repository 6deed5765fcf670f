import { CortensorError } from "../errors/cortensorError.ts";
import type { Instead } from "./command.ts";
import type { Io } from "./context.ts";
import { findCommand } from "./findCommand.ts";
import { helpTexts } from "./helpTexts.ts";
import { lookOf } from "./output/look.ts";
import { isGroup, type Registry } from "./registry.ts";
import { renderError } from "./renderError.ts";
import { version } from "./version.ts";

/** Runs one command line to its end and gives the exit code. Never throws: errors are rendered here, once, on stderr. */
export async function run(io: Io, registry: Registry): Promise<number> {
  try {
    const end = await dispatch(io, registry);
    // The flags of the first line hold for the second one, too.
    return typeof end === "number" ? end : await run({ ...io, argv: [...end.instead, ...io.argv] }, registry);
  } catch (error) {
    const { text, exitCode } = renderError(error, {
      look: lookOf(io.stderr, { env: io.env, flags: looksOf(io.argv) }),
      asJson: has(io.argv, "--json"),
      debug: has(io.argv, "--debug"),
    });
    io.stderr.write(text);
    return exitCode;
  }
}

/** Whether a flag stands on the line, known before the line is understood: errors in it are shown the way it asks for. */
function has(argv: readonly string[], ...spellings: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end === -1 ? argv.length : end).some((word) => spellings.includes(word));
}

function looksOf(argv: readonly string[]): { color: boolean; ascii: boolean } {
  return { color: !has(argv, "--no-color"), ascii: has(argv, "--ascii") };
}

async function dispatch(io: Io, registry: Registry): Promise<number | Instead> {
  const { argv, env, stdout } = io;
  const help = helpTexts(registry, lookOf(stdout, { env, flags: looksOf(argv) }));
  if (has(argv, "-V", "--version")) {
    stdout.write(`${version()}\n`);
    return 0;
  }
  const { path, entry, rest } = findCommand(argv, registry);
  if (has(argv, "-h", "--help")) {
    stdout.write((await help.about(path.join(" "))) ?? help.root());
    return 0;
  }
  if (isGroup(entry)) throw needsMore(entry);
  const { runCommand } = await import("./runCommand.ts");
  return runCommand({ path, entry, rest, help }, io);
}

function needsMore({ name, commands }: { name: string; commands: readonly { name: string }[] }): CortensorError {
  const names = commands.map((child) => child.name);
  return new CortensorError("argument-missing", `cortensor ${name} needs one of its commands`, {
    why: [["needed", names.join(", ")]],
    try: `cortensor ${name} --help`,
    data: { commands: names },
  });
}
