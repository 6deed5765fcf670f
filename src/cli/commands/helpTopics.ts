import { ERRORS } from "../../errors/catalogue.ts";
import type { Context } from "../context.ts";

const EXIT_CODES = [
  [0, "done"],
  [1, "a bug; --debug shows the stack"],
  [2, "usage: the command line is not one that cortensor takes"],
  [3, "configuration or environment"],
  [4, "the network or a node cannot be reached"],
  [5, "no capacity, or no answer in time"],
  [6, "refused: authentication, funds, rights"],
  [7, "verification failed"],
  [130, "interrupted before the result"],
] as const;

export function exitCodesTopic(ctx: Context): void {
  const codes = Object.entries(ERRORS);
  const rows = EXIT_CODES.map(([exit, meaning]) => ({
    exit_code: exit,
    meaning,
    errors: codes.filter(([, entry]) => entry.exit === exit).map(([code]) => code),
  }));
  ctx.result({ schema: "cortensor.help/1", exit_codes: rows }, () => {
    for (const { exit_code, meaning, errors } of rows) {
      ctx.out(`${ctx.look.style.strong(String(exit_code).padStart(3))}  ${meaning}`);
      if (errors.length > 0) ctx.out(`     ${errors.join(", ")}`);
    }
    ctx.out("A node or network that drains after Ctrl-C ends with 0; a second Ctrl-C stops at once, 130.");
  });
}

const VARIABLES = [
  ["CORTENSOR_HOME", "the folder that holds everything; --home is stronger"],
  ["CORTENSOR_API_KEY", "the key for the router that submit --router names"],
  ["CORTENSOR_ASCII", "1: only ASCII characters, as --ascii"],
  ["NO_COLOR", "any value: no colours, as --no-color"],
  ["FORCE_COLOR", "1: colours also where the output is no terminal"],
] as const;

export async function environmentTopic(ctx: Context): Promise<void> {
  const { SETTINGS } = await import("../../config/tree.ts");
  const settings = SETTINGS.map(({ environment, key, option }) => ({
    name: environment,
    key,
    describe: option.describe,
  }));
  const others = VARIABLES.map(([name, describe]) => ({ name, describe }));
  ctx.result({ schema: "cortensor.help/1", variables: [...others, ...settings] }, () => {
    ctx.table(
      [{ title: "Variable" }, { title: "What" }],
      [...others, ...settings].map(({ name, describe }) => [name, describe]),
    );
    ctx.out("Passwords and private keys are never read from the environment.");
  });
}

export function jsonTopic(ctx: Context): void {
  const lines = [
    "With --json, stdout has one line: a record that begins with its schema, such as cortensor.status/1.",
    "Fields are added, never changed. Money is decimal text in COR, times are ISO 8601,",
    "durations end in _ms or _s, ids are texts.",
    'An error leaves stdout empty and puts one line on stderr: {"error":{"code","message","data","try"},"exit_code"}.',
  ];
  ctx.result({ schema: "cortensor.help/1", text: lines.join(" ") }, () => lines.forEach((line) => ctx.out(line)));
}

const BATCH = `cortensor submit --batch IN.jsonl --output OUT.jsonl

A line of IN is one request, in one of these forms:
  "What is a dog?"
  {"prompt": "What is a dog?", "max_tokens": 50}
  {"messages": [{"role": "user", "content": "What is a dog?"}], "seed": 7}
  {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {"messages": [...]}}
Other options of submit apply to every line that does not say it itself.

OUT has a line for every line of IN, in the same order: for the last form as OpenAI writes it, else
  {"line", "text", "finish_reason", "model", "usage", "miner", "cost_cor", "receipt"}
and for a line that failed {"line", "error": {"code", "message"}}; then the exit code is 5.

Finished lines are kept in OUT.jsonl.part. After a crash or Ctrl-C the same command goes on where it stopped: each line
is asked under a key of its own, so what the router has answered meanwhile is returned and not paid again.`;

export function batchTopic(ctx: Context): void {
  ctx.result({ schema: "cortensor.help/1", text: BATCH }, () => ctx.out(BATCH));
}

export async function mapReduceTopic(ctx: Context): Promise<void> {
  const { MAP_PROMPT, REDUCE_PROMPT } = await import("../mapReduce/prompts.ts");
  const text = `cortensor submit --map-reduce "Sum up this text." --file book.txt

Cuts the text on sentence ends into chunks that fit the model's context, asks every chunk at once, and puts the answers
together in a tree until one is left. A text that fits at once is asked at once. --json has the whole tree with what each
request cost. The same command after a crash gets from the router what was answered already.

Asked of each chunk:

${indent(MAP_PROMPT)}

Asked of the answers of several chunks:

${indent(REDUCE_PROMPT)}`;
  ctx.result({ schema: "cortensor.help/1", text, map: MAP_PROMPT, reduce: REDUCE_PROMPT }, () => ctx.out(text));
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}
