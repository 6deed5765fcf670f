import { CortensorError } from "../../errors/cortensorError.ts";
import { findRouter } from "../../fleet/upFile.ts";
import type { BatchOptions } from "../batch/batchRun.ts";
import type { Context } from "../context.ts";
import { type AnswerOptions, bodyDefaults } from "./bodyDefaults.ts";

export interface SubmitBatchOptions extends AnswerOptions {
  readonly prompt: string | undefined;
  readonly batch?: string | undefined;
  readonly output: string | undefined;
  readonly file: string | undefined;
  readonly parallel: number | undefined;
  readonly router: string | undefined;
  readonly apiKeyFile: string | undefined;
  readonly timeout: number;
  readonly receipt: string | undefined;
  readonly n: number;
  readonly dryRun: boolean;
}

/** `submit --batch`: what it asks is in the file, the other options are what its lines leave open. */
export async function submitBatch(ctx: Context, options: SubmitBatchOptions): Promise<number> {
  const { batch: input = "", output, parallel, timeout } = options;
  if (options.prompt !== undefined) throw notBoth("a prompt");
  if (options.file !== undefined) throw notBoth("--file");
  if (options.receipt !== undefined) throw notBoth("--receipt");
  if (options.n > 1) throw notBoth("--n");
  if (output === undefined)
    throw new CortensorError("option-value", "--batch needs --output for the answers", {
      try: ctx.again("--output OUT.jsonl"),
      data: { option: "output" },
    });
  const access = await findRouter({ ...options, home: ctx.home, url: options.router, env: ctx.env });
  const request: BatchOptions = { input, output, defaults: bodyDefaults(options), parallel, timeoutS: timeout, access };
  if (options.dryRun) return await (await import("../batch/batchQuote.ts")).showQuote(ctx, request);
  return await (await import("../batch/runBatch.ts")).runBatch(ctx, request);
}

/** What only batches have is no part of a single prompt; ignored, it would surprise. */
export function checkAlone(options: Pick<SubmitBatchOptions, "output" | "parallel">): void {
  const wrong = (["output", "parallel"] as const).find((name) => options[name] !== undefined);
  if (wrong === undefined) return;
  throw new CortensorError("option-value", `--${wrong} belongs to --batch`, {
    try: "cortensor submit --batch IN.jsonl --output OUT.jsonl",
    data: { option: wrong },
  });
}

function notBoth(what: string): CortensorError {
  return new CortensorError("option-value", `${what} does not go with --batch: its prompts are in the file`, {
    try: "cortensor submit --batch IN.jsonl --output OUT.jsonl",
    data: { option: "batch" },
  });
}
