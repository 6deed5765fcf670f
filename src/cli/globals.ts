import type { Flags } from "./flag.ts";

/** Options that every command takes, before or after its name. */
export const GLOBAL_FLAGS = {
  network: {
    type: "string",
    default: undefined,
    value: "NAME",
    describe: "work on this network instead of the one in use",
  },
  home: {
    type: "string",
    default: undefined,
    value: "FOLDER",
    describe: "keep everything in this folder ($CORTENSOR_HOME)",
  },
  json: { type: "boolean", default: false, describe: "print the result, or the error, as JSON" },
  yes: { type: "boolean", default: false, short: "y", describe: "agree to every question" },
  input: { type: "boolean", default: true, describe: "never ask; fail where an answer is needed" },
  quiet: { type: "boolean", default: false, short: "q", describe: "no progress, no notes; only the result" },
  logLevel: {
    type: "string",
    default: undefined,
    value: "LEVEL",
    choices: ["error", "warn", "info", "debug"],
    describe: "least level that is logged",
  },
  debug: { type: "boolean", default: false, describe: "log at debug, and show the stack of a bug" },
  color: { type: "boolean", default: true, describe: "no colours (also NO_COLOR, TERM=dumb)" },
  ascii: { type: "boolean", default: false, describe: "only ASCII characters (also CORTENSOR_ASCII=1)" },
} as const satisfies Flags;

export interface GlobalValues {
  readonly network: string | undefined;
  readonly home: string | undefined;
  readonly logLevel: string | undefined;
  readonly json: boolean;
  readonly yes: boolean;
  readonly input: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
  readonly color: boolean;
  readonly ascii: boolean;
}
