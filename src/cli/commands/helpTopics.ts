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

const FAULTS = [
  ["stall", "nothing more comes of this answer"],
  ["slow", "the answer goes on ten times slower"],
  ["error", "the miner says that it cannot go on with the answer"],
  ["crash", "the miner's process dies; it is started again"],
  ["drop", "the line to the router is cut"],
  ["corrupt", "bytes that are no frame instead of tokens"],
  ["drain", "the miner stops in order; it is started again"],
] as const;

export function chaosTopic(ctx: Context): void {
  const { socket } = ctx.home.node("fleet");
  const forms = [
    ["stall@20", "after 20 tokens of every answer"],
    ["stall@~40", "at a token drawn from 1 to 40"],
    ["stall@~40%5", "in 5 of 100 answers"],
    ["stall@20%10x3", "in at most 3 answers of each miner's life"],
    ["flaky=50ms%0.1", "every frame late by up to 50 ms; 1 of 1000 cuts the line"],
    ["dice=7", "the faults fall the same way in each run"],
  ] as const;
  ctx.result(
    { schema: "cortensor.help/1", faults: Object.fromEntries(FAULTS), forms: Object.fromEntries(forms) },
    () => {
      ctx.out("Miners of a practice network fail on purpose, so that you can watch answers survive it:");
      ctx.out('  cortensor up --chaos "crash@~60%5,stall@~40%5,flaky=50ms"');
      ctx.out("");
      ctx.table(
        [{ title: "Fault" }, { title: "What" }],
        FAULTS.map((row) => [...row]),
      );
      ctx.out("");
      ctx.table(
        [{ title: "Form" }, { title: "When" }],
        forms.map((row) => [...row]),
      );
      ctx.out("");
      ctx.out("On a network that runs; an empty text ends it:");
      ctx.out(`  curl --unix-socket ${socket} -d 'stall@~40%5' http://localhost/chaos`);
    },
  );
}
