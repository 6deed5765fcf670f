import type { Option } from "../util/option.ts";

/** An option of a command: a module's `Option`, with what only a command line knows. */
export interface Flag extends Option {
  /** One letter. */
  readonly short?: string;
  /** What stands for the value in `--help`, for example `FILE`. */
  readonly value?: string;
  /** May be given several times; the value is the list. */
  readonly repeat?: true;
}
export type Flags = Readonly<Record<string, Flag>>;

/** Some options of a module, for a section that does not offer all. */
export function pick<F extends Flags, const K extends keyof F>(flags: F, names: readonly K[]): Pick<F, K> {
  return Object.fromEntries(names.map((name) => [name, flags[name]])) as Pick<F, K>;
}

/** For commands that spend, send, sign or delete. */
export const dryRunFlag = {
  dryRun: { type: "boolean", default: false, describe: "say what would be done, and do nothing" },
} as const satisfies Flags;
