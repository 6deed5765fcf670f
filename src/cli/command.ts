import type { Context } from "./context.ts";
import type { Flags } from "./flag.ts";

/** A titled part of a command's `--help`. */
export interface Section {
  readonly title: string;
  readonly flags: Flags;
  /**
   * The module of the settings tree these options belong to. Such an option is resolved flag > environment > config file >
   * preset > default; any other is the flag or its default.
   */
  readonly module?: string;
}

export interface Argument {
  readonly name: string;
  readonly describe: string;
  readonly required?: true;
  /** Takes all remaining words; only the last argument may. */
  readonly repeat?: true;
}

type ValueOf<F> = F extends { repeat: true }
  ? readonly string[]
  : F extends { type: "boolean" }
    ? boolean
    : F extends { type: "integer" | "number" }
      ? number | (F extends { default: number } ? never : undefined)
      : string | (F extends { default: string } ? never : undefined);
type Both<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void ? I : never;
type FlagsOf<S extends readonly Section[]> = Both<S[number]["flags"]>;
type TextOf<A> = A extends { repeat: true }
  ? readonly string[]
  : A extends { required: true }
    ? string
    : string | undefined;

/** What a command was given, typed after its record. */
export interface Input<
  A extends readonly Argument[] = readonly Argument[],
  S extends readonly Section[] = readonly Section[],
> {
  readonly args: { readonly [K in A[number] as K["name"]]: TextOf<K> };
  readonly options: S extends readonly [] ? unknown : { readonly [K in keyof FlagsOf<S>]: ValueOf<FlagsOf<S>[K]> };
}

/** The words of another command line, after the program's name, that goes on in the place of this one. */
export interface Instead {
  readonly instead: readonly string[];
}

/** A command. Its name and one-line summary stand in `index.ts`, so that `--help` loads no command. */
export interface Command<
  A extends readonly Argument[] = readonly Argument[],
  S extends readonly Section[] = readonly Section[],
> {
  /** Whole sentences under the usage line, where the summary is not enough. */
  readonly about?: string;
  readonly arguments?: A;
  readonly sections?: S;
  readonly examples: readonly [string, string];
  /** Ends by itself after `ctx.signal` aborts, because it has something to drain. Others are left at once, exit 130. */
  readonly drains?: true;
  /** The exit code, 0 when it returns nothing, or what runs instead. Errors are thrown, and rendered in one place. */
  run(ctx: Context, input: Input<A, S>): Promise<number | Instead | void>;
}

/** A command whose `run` sees the types of its own arguments and options. */
export function defineCommand<const A extends readonly Argument[] = [], const S extends readonly Section[] = []>(
  command: Command<A, S>,
): Command {
  return command;
}
