import type { Command, Instead } from "./command.ts";
import type { HelpTexts, Io } from "./context.ts";
import { createContext } from "./createContext.ts";
import { parseInput } from "./parseInput.ts";
import type { CommandEntry } from "./registry.ts";
import { globalValues, resolveInput, settingFlags } from "./resolveInput.ts";

/** A command that a command line names, and the words left for it. */
export interface Called {
  readonly path: readonly string[];
  readonly entry: CommandEntry;
  readonly rest: readonly string[];
  readonly help: HelpTexts;
}

/** Loads a command, checks what it was given and runs it to its end; gives the exit code, or what runs instead. */
export async function runCommand({ path, entry, rest, help }: Called, io: Io): Promise<number | Instead> {
  const command = await entry.load();
  const parsed = parseInput(path, command, rest);
  const global = await globalValues(parsed.flags);
  const context = createContext({ global, settingFlags: settingFlags(command.sections ?? [], parsed.flags), help }, io);
  const input = await resolveInput(command, parsed, context);
  return (await untilAbort(command, { io, work: command.run(context, input) })) ?? 0;
}

/** A command with something to drain ends by itself; any other is left as soon as the signal aborts. */
async function untilAbort(
  command: Command,
  { io, work }: { io: Io; work: Promise<number | Instead | void> },
): Promise<number | Instead | void> {
  if (command.drains === true) return work;
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(io.signal.reason as Error);
  if (io.signal.aborted) onAbort();
  io.signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    io.signal.removeEventListener("abort", onAbort);
  }
}
