import { CortensorError } from "../../errors/cortensorError.ts";
import { findRouter } from "../../fleet/upFile.ts";
import type { Context } from "../context.ts";
import { type AnswerOptions, bodyDefaults } from "./bodyDefaults.ts";
import { promptOf } from "./promptOf.ts";

export interface SubmitMapReduceOptions extends AnswerOptions {
  readonly prompt: string | undefined;
  readonly file: string | undefined;
  readonly output: string | undefined;
  readonly receipt: string | undefined;
  readonly n: number;
  readonly parallel: number | undefined;
  readonly router: string | undefined;
  readonly apiKeyFile: string | undefined;
  readonly timeout: number;
  readonly dryRun: boolean;
}

/** `submit --map-reduce`: the argument is what is asked, the file or the pipe is what it is asked about. */
export async function submitMapReduce(ctx: Context, options: SubmitMapReduceOptions): Promise<void> {
  const { prompt: instruction, file, model, maxTokens, parallel, timeout, dryRun } = options;
  const given = (["output", "receipt"] as const).find((name) => options[name] !== undefined);
  const wrong = options.n > 1 ? "n" : given;
  if (wrong !== undefined)
    throw new CortensorError("option-value", `--${wrong} does not go with --map-reduce`, {
      why: [["needed", "--json has the tree of answers, with every receipt's id"]],
      data: { option: wrong },
    });
  if (instruction === undefined || instruction === "-" || instruction.trim() === "")
    throw new CortensorError("prompt-missing", "--map-reduce needs to know what to ask about the text", {
      try: `cortensor submit --map-reduce "Sum up this text." --file ${file ?? "FILE"}`,
    });
  const text = await promptOf({ given: undefined, file, stdin: ctx.stdin, signal: ctx.signal });
  const access = await findRouter({ ...options, home: ctx.home, url: options.router, env: ctx.env });
  const { runMapReduce } = await import("../mapReduce/runMapReduce.ts");
  const defaults = bodyDefaults(options);
  await runMapReduce(ctx, {
    instruction,
    text,
    defaults,
    model,
    maxTokens,
    parallel,
    timeoutS: timeout,
    access,
    dryRun,
  });
}
