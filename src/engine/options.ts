import type { Options } from "../util/option.ts";

/** What runs the model, and how. */
export const engineOptions = {
  engine: {
    type: "string",
    default: "llama",
    choices: ["llama", "scripted"],
    describe: "what answers: a GGUF model, or a script without a model for tests",
  },
  model: {
    type: "string",
    default: undefined,
    describe: "path of a GGUF file; without it the demonstration model that ships",
  },
  threads: {
    type: "integer",
    default: 0,
    min: 0,
    max: 1024,
    describe: "threads that compute; 0 measures once per model and machine",
  },
  slots: { type: "integer", default: 4, min: 1, max: 256, describe: "answers that run at once" },
  contextTokens: {
    type: "integer",
    default: 0,
    min: 0,
    max: 1_048_576,
    unit: "tokens",
    describe: "prompt and answer together, per answer; 0 is what the model was made for, at most 4096",
  },
  script: {
    type: "string",
    default: undefined,
    describe:
      "behaviour of the scripted engine, such as rate=200,length=64,stall@20 or error@~40%5; see cortensor help chaos",
  },
} as const satisfies Options;
