import type { LoadOptions } from "../config/load.ts";
import type { Settings } from "../config/tree.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import { homeOf } from "../node/home.ts";
import type { Context, HelpTexts, Io } from "./context.ts";
import type { GlobalValues } from "./globals.ts";
import { json } from "./output/json.ts";
import { lookOf } from "./output/look.ts";
import { Progress } from "./output/progress.ts";
import { chooseItem } from "./output/chooseItem.ts";
import { askLine } from "./output/prompt.ts";
import { again } from "./output/shell.ts";
import { fieldLines, tableLines } from "./output/table.ts";
import { readPassword } from "./password.ts";

export interface ContextOptions {
  readonly global: GlobalValues;
  /** Texts of settings given as flags, by key. */
  readonly settingFlags: Readonly<Record<string, unknown>>;
  readonly help: HelpTexts;
}

export function createContext({ global, settingFlags, help }: ContextOptions, io: Io): Context {
  const { argv, env, stdin, stdout, stderr, signal, clock } = io;
  const look = lookOf(stdout, { env, flags: global });
  const notes = lookOf(stderr, { env, flags: global });
  const silent = global.quiet || global.json;
  const write = (text: string): void => void stderr.write(text);
  const progress = new Progress({ look: notes, terminal: stderr.isTTY, silent }, { write, clock });
  const out = (line: string): void => void stdout.write(`${line}\n`);
  const home = homeOf(env, global.home);
  const canAsk = stdin.isTTY && stderr.isTTY && global.input;
  const terminal = canAsk ? { input: stdin, write, signal } : undefined;
  let loaded: Promise<Settings> | undefined;
  return {
    env,
    stdin,
    stdout,
    stderr,
    signal,
    clock,
    global,
    home,
    look,
    notes,
    help,
    canAsk,
    out,
    json: (record) => out(json(record)),
    result: (record, show) => (global.json ? out(json(record)) : show()),
    table(columns, rows) {
      const [head = "", ...lines] = tableLines(columns, rows);
      out(look.style.strong(head));
      for (const line of lines) out(line);
    },
    fields: (fields) => fieldLines(fields).forEach(out),
    note: (line) => (silent ? undefined : progress.print(line)),
    step: (step) => progress.step(step),
    confirm: async (question) =>
      global.yes || isYes(await askLine({ question: `${question}  y or n: ` }, terminal ?? cannotAsk(question, argv))),
    ask: async (question) => askLine({ question }, terminal ?? nothingTyped(question)),
    choose: async (items) => chooseItem({ items, look: notes }, terminal ?? nothingTyped("a choice")),
    secret: async (question) => askLine({ question, hidden: true }, terminal ?? nothingTyped(question)),
    password: (whose, source) => readPassword({ whose, source, terminal, retry: again(argv, "--password-file FILE") }),
    again: (more) => again(argv, more),
    settings: () => (loaded ??= load(loadOptions({ home, env, global }, settingFlags))),
  };
}

function isYes(answer: string): boolean {
  return /^y(es)?$/i.test(answer.trim());
}

function cannotAsk(question: string, argv: readonly string[]): never {
  throw new CortensorError("consent-needed", question, {
    why: [["why", "there is no terminal to answer on"]],
    try: again(argv, "--yes"),
  });
}

function nothingTyped(question: string): never {
  throw new CortensorError("argument-missing", `${question.replace(/[:\s]+$/, "")} is needed and there is no terminal`);
}

/** What settings are read from, for commands about settings too. */
export function loadOptions(
  { home, env, global }: Pick<Context, "home" | "env" | "global">,
  settingFlags: Readonly<Record<string, unknown>> = {},
): LoadOptions {
  const flags = {
    ...settingFlags,
    ...(global.network !== undefined && { network: global.network }),
    ...(global.debug && { logLevel: "debug" }),
    ...(global.logLevel !== undefined && { logLevel: global.logLevel }),
  };
  return { configFile: home.configFile, networksFolder: home.networksFolder, env, flags };
}

/** The validators of settings take a while to load, and many commands need none. */
async function load(options: LoadOptions): Promise<Settings> {
  const { loadSettings } = await import("../config/index.ts");
  return loadSettings(options);
}
