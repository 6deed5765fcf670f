import type { Settings } from "../config/tree.ts";
import type { Home } from "../node/home.ts";
import type { Clock } from "../util/types.ts";
import type { GlobalValues } from "./globals.ts";
import type { Look } from "./output/look.ts";
import type { Step } from "./output/progress.ts";
import type { Column } from "./output/table.ts";
import type { PasswordSource } from "./password.ts";

/** What the process gives a command line. */
export interface Io {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Help texts of all commands, for the commands that print them. */
export interface HelpTexts {
  root(): string;
  /** The help of a command or of a word with commands under it; undefined when there is none of that name. */
  about(name: string): Promise<string | undefined>;
  /** Names that `about` knows. */
  names(): readonly string[];
}

/** What a command works with: everything outside it, so that tests can run one without a process. */
export interface Context {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborts at the first Ctrl-C, SIGTERM or SIGHUP, and when nobody reads stdout any more. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly global: GlobalValues;
  readonly home: Home;
  /** How text on stdout looks; `notes` is the one of stderr. */
  readonly look: Look;
  readonly notes: Look;
  readonly help: HelpTexts;
  /** Whether questions can be asked: stdin and stderr are terminals and there is no `--no-input`. */
  readonly canAsk: boolean;

  /** A line of the result, to stdout. */
  out(line: string): void;
  /** A whole result as one line of JSON, to stdout. */
  json(record: unknown): void;
  /** `record` with `--json`, else what `show` prints. */
  result(record: unknown, show: () => void): void;
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void;
  /** Labels and values, aligned, to stdout. */
  fields(fields: readonly (readonly [label: string, value: string])[]): void;
  /** A line beside the result, to stderr; nothing with `--quiet` or `--json`. */
  note(line: string): void;
  /** Does a step of long work and shows its progress on stderr. */
  step<T>(step: Step<T>): Promise<T>;
  /** Asks y or n, default no. True with `--yes`. Throws `consent-needed` when it cannot ask. */
  confirm(question: string): Promise<boolean>;
  /** A line that is typed and shown. Throws `argument-missing` when it cannot ask, `interrupted` at Ctrl-C. */
  ask(question: string): Promise<string>;
  /** One of these, by its place; undefined at `q`. Throws `argument-missing` when it cannot ask. */
  choose(items: readonly string[]): Promise<number | undefined>;
  /** A line that is typed and not shown, such as a private key. Throws `argument-missing` when it cannot ask. */
  secret(question: string): Promise<string>;
  /**
   * The password of `whose` (such as `the owner wallet`), from its flags or a hidden prompt, twice when it is a new one.
   * Throws `password-needed` when it cannot ask.
   */
  password(whose: string, source: PasswordSource): Promise<string>;
  /** This command line with something added, for a `try` line. */
  again(more: string): string;
  /** All settings in force, with the flags of this command in them. Reads the home once. */
  settings(): Promise<Settings>;
}
