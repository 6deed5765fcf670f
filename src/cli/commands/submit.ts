import { type Answer, type ClientRequest, CortensorClient } from "../../client/index.ts";
import { LOCAL } from "../../config/index.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { findRouter } from "../../fleet/upFile.ts";
import { keptReceipts } from "../../node/receipts.ts";
import type { ChatMessage } from "../../protocol/records.ts";
import { writeJson } from "../../util/jsonFile.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { AnswerPage, ask } from "../submit/ask.ts";
import { askChoices, checkChoices, choicesJson } from "../submit/askChoices.ts";
import { checkEnd } from "../submit/checkEnd.ts";
import { closing } from "../submit/closing.ts";
import { checkAlone, submitBatch } from "../submit/submitBatch.ts";
import { promptOf } from "../submit/promptOf.ts";
import { submitMapReduce } from "../submit/submitMapReduce.ts";
import { quoteFields, quoteOf } from "../submit/quote.ts";
import { submitSections } from "../submit/submitFlags.ts";
import { submitJson } from "./submitJson.ts";

export const submit = defineCommand({
  about: "Asks the network. The answer streams to stdout, everything else goes to stderr.",
  arguments: [{ name: "prompt", describe: "what to ask; - or nothing reads it from a pipe" }],
  sections: submitSections,
  examples: ['cortensor submit "What is a dog?"', "cortensor submit --file question.txt --seed 7 --json"],
  // On Ctrl-C the line of the answer is ended first.
  drains: true,
  async run(ctx, { args, options }) {
    checkStop(options.stop);
    if (options.batch !== undefined) return await submitBatch(ctx, { prompt: args.prompt, ...options });
    if (options.mapReduce) return await submitMapReduce(ctx, { prompt: args.prompt, ...options });
    checkAlone(options);
    checkChoices(options);
    const { stdin, signal } = ctx;
    const prompt = await promptOf({ given: args.prompt, file: options.file, stdin, signal });
    const access = await findRouter({ ...options, home: ctx.home, url: options.router, env: ctx.env });
    const client = new CortensorClient(access);
    const { system, model, maxTokens, temperature, topP, seed, stop } = options;
    const messages: readonly ChatMessage[] = [
      ...(system === undefined ? [] : [{ role: "system", content: system } as const]),
      { role: "user", content: prompt },
    ];
    if (options.dryRun) {
      const models = await client.models(signal);
      const quote = quoteOf({ models, messages, model, maxTokens, router: access.baseUrl, answers: options.n });
      ctx.result(quote, () => ctx.fields(quoteFields(quote)));
      return ctx.note("Nothing was sent.");
    }
    if (access.network !== LOCAL && !(await keptReceipts(ctx.home)))
      ctx.note("The miner that answers can read the prompt. This is said once.");
    const redundancy = options.redundancy > 1 ? options.redundancy : undefined;
    const wishes = given({ model, maxTokens, temperature, topP, seed, stop, redundancy });
    const request: ClientRequest = { prompt: messages, ...wishes };
    const streamed = options.stream && !ctx.global.json;
    const asked = { client, request, streamed, timeoutS: options.timeout };
    if (options.n > 1) return await showChoices(ctx, await askChoices(ctx, asked, options.n));
    const answer = await ask(ctx, asked);
    ctx.result(submitJson(answer), () => {
      if (!streamed) whole(ctx, answer);
    });
    // The answer is paid, so it is out before anything can go wrong with its receipt.
    if (options.receipt !== undefined) await writeReceipt(answer, options.receipt);
    await closing(ctx, answer);
    checkEnd(answer);
  },
});

function whole(ctx: Context, { text }: Answer): void {
  const page = new AnswerPage(ctx);
  page.write(text);
  page.endLine();
}

async function showChoices(ctx: Context, answers: readonly Answer[]): Promise<void> {
  if (ctx.global.json) ctx.json(choicesJson(answers));
  for (const [index, answer] of answers.entries()) {
    if (!ctx.global.json) {
      if (index > 0) ctx.out("");
      whole(ctx, answer);
    }
    await closing(ctx, answer);
    checkEnd(answer);
  }
}

async function writeReceipt({ receipt }: Answer, file: string): Promise<void> {
  if (receipt !== null) return await writeJson(file, receipt);
  throw new CortensorError("receipt-missing", "the router sent no receipt with its answer", {
    why: [["why", `so there is nothing to write to ${file}`]],
    data: { file },
  });
}

function checkStop(stop: readonly string[]): void {
  const wrong = stop.find((text) => text.length < 1 || text.length > 64);
  if (wrong === undefined && stop.length <= 4) return;
  throw new CortensorError("option-value", "--stop takes up to 4 texts of 1 to 64 characters", {
    why: [["found", wrong === undefined ? `${stop.length} texts` : `a text of ${wrong.length} characters`]],
    try: "cortensor submit --help",
    data: { option: "stop", value: stop },
  });
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without what was not given: the router's defaults apply. */
function given<T extends Readonly<Record<string, unknown>>>(values: T): Given<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)),
  ) as Given<T>;
}
