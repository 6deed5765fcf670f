import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import { type Answer, type ClientRequest, CortensorClient } from "../../client/index.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { nodeRecords } from "../../fleet/status/nodeRecords.ts";
import { findRouter } from "../../fleet/upFile.ts";
import { keepReceipt } from "../../node/receipts.ts";
import { writeJson } from "../../util/jsonFile.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { dimLine } from "./dimLine.ts";
import { submitJson } from "./submitJson.ts";

export const submit = defineCommand({
  about: "Asks the network. The answer streams to stdout, everything else goes to stderr.",
  arguments: [{ name: "prompt", describe: "what to ask; - or nothing reads it from a pipe" }],
  sections: [
    {
      title: "Prompt",
      flags: {
        file: { type: "string", default: undefined, value: "FILE", describe: "read the prompt from this file" },
        system: { type: "string", default: undefined, value: "TEXT", describe: "instructions before the prompt" },
        model: { type: "string", default: undefined, describe: "model to ask; needed when several are served" },
      },
    },
    {
      title: "Answer",
      flags: {
        maxTokens: { type: "integer", default: undefined, min: 1, max: 1_048_576, describe: "longest answer" },
        temperature: {
          type: "number",
          default: undefined,
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
          describe: "the same seed and prompt give the same answer",
        },
        stop: {
          type: "string",
          default: undefined,
          repeat: true,
          value: "TEXT",
          describe: "end before this text; up to four",
        },
        stream: { type: "boolean", default: true, describe: "print the answer as it comes" },
        receipt: { type: "string", default: undefined, value: "FILE", describe: "write the receipt to this file too" },
      },
    },
    {
      title: "Network",
      flags: {
        router: {
          type: "string",
          default: undefined,
          value: "URL",
          describe: "ask this router; its key in CORTENSOR_API_KEY",
        },
        timeout: {
          type: "integer",
          default: 300,
          min: 1,
          max: 86_400,
          unit: "s",
          describe: "longest wait for the whole answer",
        },
      },
    },
  ],
  examples: ['cortensor submit "What is a dog?"', "cortensor submit --file question.txt --seed 7 --json"],
  async run(ctx, { args, options }) {
    const prompt = await promptOf(ctx, { given: args.prompt, file: options.file });
    const access = await findRouter({ home: ctx.home, url: options.router, env: ctx.env });
    const { system, model, maxTokens, temperature, topP, seed, stop } = options;
    const messages = [
      ...(system === undefined ? [] : [{ role: "system", content: system }]),
      { role: "user", content: prompt },
    ];
    const request = {
      prompt: messages,
      ...given({ model, maxTokens, temperature, topP, seed, stop }),
    } as ClientRequest;
    const streamed = options.stream && !ctx.global.json;
    const answer = await ask(ctx, {
      client: new CortensorClient(access),
      request,
      streamed,
      timeoutS: options.timeout,
    });
    await keep(ctx, answer, options.receipt);
    const names = new Map((await nodeRecords(ctx.home)).map(({ address, name }): [string, string] => [address, name]));
    ctx.result(submitJson(answer), () => ctx.out(streamed ? "" : answer.text));
    const nameOf = (address: string): string =>
      names.get(address) ?? `${address.slice(0, 6)}${ctx.notes.glyph.cut}${address.slice(-4)}`;
    ctx.note(ctx.notes.style.muted(dimLine(answer, { nameOf, between: ctx.notes.glyph.between })));
  },
});

async function ask(
  ctx: Context,
  call: { client: CortensorClient; request: ClientRequest; streamed: boolean; timeoutS: number },
): Promise<Answer> {
  const late = AbortSignal.timeout(call.timeoutS * 1000);
  try {
    return await call.client.complete(call.request, {
      signal: AbortSignal.any([ctx.signal, late]),
      onText: (text) => {
        if (call.streamed) ctx.stdout.write(text);
      },
    });
  } catch (error) {
    if (!late.aborted || ctx.signal.aborted) throw error;
    throw new CortensorError("timeout", `no whole answer within ${call.timeoutS} s`, {
      why: [["why", "what was receipted is billed, nothing else"]],
      try: ctx.again(`--timeout ${call.timeoutS * 3}`),
      cause: error,
    });
  }
}

async function promptOf(
  ctx: Context,
  { given, file }: { given: string | undefined; file: string | undefined },
): Promise<string> {
  const piped = given === "-" || (given === undefined && file === undefined && !ctx.stdin.isTTY);
  const prompt = piped ? await readAll(ctx.stdin) : file === undefined ? (given ?? "") : await readPrompt(file);
  if (prompt.trim() !== "") return prompt;
  throw new CortensorError("prompt-missing", "there is no prompt", {
    why: [["why", "no text given and nothing piped in"]],
    try: 'cortensor submit "What is a dog?"',
  });
}

async function readPrompt(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new CortensorError("prompt-missing", `the prompt file ${file} cannot be read`, {
      why: [["why", (error as Error).message]],
      try: "cortensor submit --file FILE",
      cause: error,
    });
  }
}

async function keep(ctx: Context, { receipt }: Answer, file: string | undefined): Promise<void> {
  if (receipt === null) return;
  await keepReceipt(ctx.home, receipt);
  if (file !== undefined) await writeJson(file, receipt);
}

/** Without what was not given: the router's defaults apply. */
function given(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)),
  );
}
