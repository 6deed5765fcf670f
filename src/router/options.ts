import { MAX_ATTEMPTS } from "../protocol/task.ts";
import type { Options } from "../util/option.ts";

/** What a router lets its operator set. */
export const routerOptions = {
  host: { type: "string", default: "127.0.0.1", describe: "address on which the HTTP interface listens" },
  port: {
    type: "integer",
    default: 5010,
    min: 0,
    max: 65535,
    describe: "port of the HTTP interface; 0 takes a free one",
  },
  bodyBytes: {
    type: "integer",
    default: 4_194_304,
    min: 1024,
    max: 67_108_864,
    unit: "bytes",
    describe: "largest request body",
  },
  requestsPerMinute: {
    type: "integer",
    default: 6000,
    min: 1,
    max: 10_000_000,
    describe: "requests a minute, per key or address",
  },
  cors: {
    type: "string",
    default: "",
    describe: "origins that browsers may call from, with commas between; * for all",
  },
  attempts: {
    type: "integer",
    default: 4,
    min: 1,
    max: MAX_ATTEMPTS,
    describe: "attempts at one task, the first included",
  },
  ackMs: {
    type: "integer",
    default: 5000,
    min: 100,
    max: 120_000,
    unit: "ms",
    describe: "longest wait for a miner's acknowledgement",
  },
  lateMs: {
    type: "integer",
    default: 4000,
    min: 100,
    max: 600_000,
    unit: "ms",
    describe: "least wait for a sign of the first token; three times the miner's promise when that is longer",
  },
  stallMs: {
    type: "integer",
    default: 3000,
    min: 100,
    max: 600_000,
    unit: "ms",
    describe: "least silence within an answer that counts as a stall; eight times the usual gap when that is longer",
  },
  timeoutMs: {
    type: "integer",
    default: 600_000,
    min: 1000,
    max: 86_400_000,
    unit: "ms",
    describe: "longest time for one answer",
  },
  queueMs: {
    type: "integer",
    default: 10_000,
    min: 0,
    max: 600_000,
    unit: "ms",
    describe: "longest wait for a free slot before 429",
  },
  minerDepositCor: {
    type: "number",
    default: 10,
    min: 0.000001,
    max: 1_000_000,
    unit: "COR",
    describe: "deposit of a payment session to a miner; topped up when four fifths are used",
  },
} as const satisfies Options;
