import { resolve } from "node:path";
import type { Flags } from "../flag.ts";

/** What kind of network `up` brings up. */
export const networkFlags = {
  miners: { type: "integer", default: 2, min: 0, max: 64, describe: "miners" },
  routers: { type: "integer", default: 1, min: 1, max: 16, describe: "routers" },
  validators: { type: "integer", default: 1, min: 0, max: 16, describe: "validators" },
  model: {
    type: "string",
    default: undefined,
    value: "FILE",
    describe: "GGUF file that the miners serve; without it the demonstration model that ships",
  },
  engine: {
    type: "string",
    default: "llama",
    choices: ["llama", "scripted"],
    describe: "what answers: a model, or a script without one for tests",
  },
  script: {
    type: "string",
    default: undefined,
    describe: "behaviour of the scripted engine, such as rate=200,length=64",
  },
  slots: { type: "integer", default: 4, min: 1, max: 256, describe: "answers that one miner gives at once" },
  chaos: {
    type: "string",
    default: undefined,
    value: "SPEC",
    describe: "miners fail on purpose, such as crash@~60%5,flaky=50ms; see cortensor help chaos",
  },
  epoch: {
    type: "integer",
    default: undefined,
    min: 5,
    max: 86_400,
    value: "SECONDS",
    describe: "length of an epoch, fixed at the first start",
  },
  host: {
    type: "string",
    default: "127.0.0.1",
    describe: "address that everything listens on; another machine needs one it can reach",
  },
  port: {
    type: "integer",
    default: 5010,
    min: 0,
    max: 65_500,
    describe: "port of the first router; 0 takes free ones for everything",
  },
  chainPort: {
    type: "integer",
    default: 8545,
    min: 0,
    max: 65_535,
    describe: "port of the embedded chain; 0 takes a free one",
  },
} as const satisfies Flags;

type Values = { readonly [K in keyof typeof networkFlags]?: string | number | undefined };

/** The command line on which the supervising process gets the same wishes. */
export function supervisorArgs(options: Values, common: readonly string[]): readonly string[] {
  const flags = Object.keys(networkFlags).flatMap((name) => {
    const value = options[name as keyof Values];
    if (value === undefined) return [];
    const text = name === "model" ? resolve(String(value)) : String(value);
    return [`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, text];
  });
  return ["up", ...common, ...flags];
}

/** Settings of every miner, by environment name. */
export function minerEnv({ model, engine, script, slots, chaos }: Values): Readonly<Record<string, string>> {
  return {
    CORTENSOR_ENGINE_ENGINE: String(engine),
    CORTENSOR_ENGINE_SLOTS: String(slots),
    ...(model !== undefined && { CORTENSOR_ENGINE_MODEL: resolve(String(model)) }),
    ...(chaos !== undefined && { CORTENSOR_MINER_CHAOS: String(chaos) }),
    ...(script !== undefined && { CORTENSOR_ENGINE_SCRIPT: String(script) }),
  };
}
