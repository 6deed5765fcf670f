import type { Options } from "../util/option.ts";

/** What a miner lets its operator set. */
export const minerOptions = {
  promptPrice: {
    type: "number",
    default: 0.2,
    min: 0,
    max: 1_000_000,
    unit: "COR per million tokens",
    describe: "price of prompt tokens",
  },
  outputPrice: {
    type: "number",
    default: 2.1,
    min: 0,
    max: 1_000_000,
    unit: "COR per million tokens",
    describe: "price of output tokens",
  },
  exposureCor: {
    type: "number",
    default: 0.1,
    min: 0.000001,
    max: 1000,
    unit: "COR",
    describe: "work a router may owe before the miner waits for its voucher",
  },
  drainMs: {
    type: "integer",
    default: 30_000,
    min: 0,
    max: 600_000,
    unit: "ms",
    describe: "longest wait for running answers at a stop",
  },
  chaos: {
    type: "string",
    default: "",
    describe: "what goes wrong on purpose, such as crash@~60%5,flaky=50ms; only on a practice network",
  },
} as const satisfies Options;
