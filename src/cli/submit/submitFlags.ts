import { dryRunFlag, type Flags } from "../flag.ts";

export const promptFlags = {
  file: { type: "string", default: undefined, value: "FILE", describe: "read the prompt from this file" },
  system: { type: "string", default: undefined, describe: "instructions before the prompt" },
  model: {
    type: "string",
    default: undefined,
    value: "NAME",
    describe: "model to ask; needed when several are served",
  },
} as const satisfies Flags;

export const answerFlags = {
  maxTokens: { type: "integer", default: undefined, min: 1, max: 1_048_576, describe: "longest answer, in tokens" },
  // The likeliest words are the best that a small model knows, and the same question gets the same answer.
  temperature: {
    type: "number",
    default: 0,
    min: 0,
    max: 2,
    describe: "0 picks the likeliest token, 1 is the model's own",
  },
  topP: {
    type: "number",
    default: undefined,
    min: 0.0001,
    max: 1,
    describe: "share of probability that is drawn from",
  },
  seed: {
    type: "integer",
    default: undefined,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    describe: "the same seed, prompt and model give the same answer",
  },
  stop: { type: "string", default: undefined, repeat: true, describe: "end before this text; up to four" },
  n: {
    type: "integer",
    default: 1,
    min: 1,
    max: 64,
    describe: "this many answers, at once; with --seed each has its own, counted up",
  },
  stream: { type: "boolean", default: true, describe: "print the answer whole, when it is there" },
  receipt: { type: "string", default: undefined, value: "FILE", describe: "write the receipt to this file too" },
} as const satisfies Flags;

export const networkFlags = {
  router: {
    type: "string",
    default: undefined,
    value: "URL",
    describe: "ask this router; its key comes from CORTENSOR_API_KEY",
  },
  apiKeyFile: { type: "string", default: undefined, value: "FILE", describe: "or from this file" },
  redundancy: {
    type: "integer",
    default: 1,
    min: 1,
    max: 7,
    value: "K",
    describe: "miners of different owners that answer; their answers are compared",
  },
  timeout: {
    type: "integer",
    default: 300,
    min: 1,
    max: 86_400,
    unit: "s",
    describe: "longest wait for the whole answer",
  },
  dryRun: { ...dryRunFlag.dryRun, describe: "show what it may cost and who could serve; send nothing" },
} as const satisfies Flags;

const manyFlags = {
  batch: {
    type: "string",
    default: undefined,
    value: "IN.jsonl",
    describe: "ask every line of this file; needs --output",
  },
  output: {
    type: "string",
    default: undefined,
    short: "o",
    value: "FILE",
    describe: "where the answers of a batch go, in the order of its lines",
  },
  mapReduce: {
    type: "boolean",
    default: false,
    describe: "ask PROMPT about a text longer than the context, from --file or a pipe, in parts",
  },
  parallel: {
    type: "integer",
    default: undefined,
    min: 1,
    max: 1024,
    describe: "requests at once; as many as the miners have free slots when not given",
  },
} as const satisfies Flags;

export const submitSections = [
  { title: "Prompt", flags: promptFlags },
  { title: "Answer", flags: answerFlags },
  { title: "Many prompts, long texts", flags: manyFlags },
  { title: "Network", flags: networkFlags },
] as const;
