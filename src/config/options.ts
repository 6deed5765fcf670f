import type { Options } from "../util/option.ts";

/** Settings of the program as a whole; their keys have no module in front. */
export const generalOptions = {
  network: { type: "string", default: "local", describe: "the network that commands work on" },
  logLevel: {
    type: "string",
    default: "info",
    choices: ["error", "warn", "info", "debug"],
    describe: "least level that is logged",
  },
} as const satisfies Options;
