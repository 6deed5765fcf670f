import type { Options } from "../util/option.ts";

/** What a router or miner lets its operator set about audits. */
export const auditOptions = {
  transcriptEpochs: {
    type: "integer",
    default: 4,
    min: 3,
    max: 1000,
    unit: "epochs",
    describe: "how long prompts and answers are kept, encrypted, for audits; an audit asks within three epochs",
  },
  transcriptBytes: {
    type: "integer",
    default: 1_073_741_824,
    min: 1_048_576,
    max: 1_099_511_627_776,
    unit: "bytes",
    describe: "most space of these prompts and answers; the oldest are deleted first",
  },
  leafEpochs: {
    type: "integer",
    default: 1000,
    min: 4,
    max: 1_000_000,
    unit: "epochs",
    describe: "how long the public list of receipts of an epoch is kept",
  },
} as const satisfies Options;
