import { createHash } from "node:crypto";
import type { Context } from "../context.ts";
import { type BatchFile, readBatchFile } from "./batchFile.ts";
import { type BatchOptions, BatchRun } from "./batchRun.ts";
import type { Tally } from "./doneLine.ts";
import { PartFile } from "./partFile.ts";
import { BatchProgress } from "./batchProgress.ts";
import { type BatchSummary, summaryFields, summaryOf } from "./summary.ts";

/** What a failed line is worth to a script that looks at the exit code only. */
const SOME_FAILED = 5;
/** More failed lines are named in OUT alone. */
const ERRORS_SHOWN = 20;

/** Asks a whole file and writes a whole file; returns the exit code. */
export async function runBatch(ctx: Context, options: BatchOptions): Promise<number> {
  const begun = ctx.clock.now();
  const { input, output } = options;
  const file = await readBatchFile(input);
  const identity = { input: file.hash, options: sha256(JSON.stringify(options.defaults)) };
  const part = await PartFile.open(`${output}.part`, identity);
  try {
    const resumed = part.tallies.size;
    if (resumed > 0) ctx.note(`${resumed} of ${file.lines.length} lines are finished already; going on.`);
    await ctx.step({
      name: "batch",
      work: (say) => {
        const before = part.tallies.values();
        const progress = new BatchProgress({ lines: file.lines.length, before, look: ctx.notes, clock: ctx.clock });
        const onLine = (line: Tally): void => say(progress.add(line).line());
        return new BatchRun(ctx, { options, file, identity, part, onLine }).toEnd();
      },
      result: () => `${part.tallies.size} lines`,
      always: true,
    });
    const tallies = [...part.tallies.values()];
    await part.finish(output, numbersOf(file));
    const summary = summaryOf(tallies, { input, output, resumed, duration_ms: ctx.clock.now() - begun });
    ctx.result(summary, () => show(ctx, summary));
    return summary.failed > 0 ? SOME_FAILED : 0;
  } finally {
    await part.close();
  }
}

function show(ctx: Context, summary: BatchSummary): void {
  const { style, glyph } = ctx.notes;
  for (const { line, code, message } of summary.errors.slice(0, ERRORS_SHOWN))
    ctx.note(`${style.warn(glyph.warn)} line ${line}: ${code}: ${message}`);
  const more = summary.errors.length - ERRORS_SHOWN;
  if (more > 0) ctx.note(`${more} more failed lines are in ${summary.output}.`);
  ctx.fields(summaryFields(summary));
}

function numbersOf({ lines }: BatchFile): readonly number[] {
  return lines.map(({ number }) => number);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
