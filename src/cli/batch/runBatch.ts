import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { CortensorError } from "../../errors/cortensorError.ts";
import { type Lock, lockFile } from "../../node/lock.ts";
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
  const file = await readBatchFile(options.input);
  const folder = dirname(options.output);
  if (!existsSync(folder))
    throw new CortensorError("option-value", `there is no folder ${folder} for the answers`, {
      data: { option: "output", folder },
    });
  const lock = lockPart(`${options.output}.part`);
  try {
    return await runAlone(ctx, { options, file });
  } finally {
    lock.release();
  }
}

/** Two runs on one part file would write over each other. */
function lockPart(part: string): Lock {
  const inUse = (pid?: number): CortensorError =>
    new CortensorError("home-in-use", "another process runs this batch", {
      why: [["why", `${part} is its file${pid === undefined ? "" : `, and its id is ${pid}`}`]],
      data: { part, pid },
    });
  return lockFile(`${part}.pid`, { taken: ({ pid }) => inUse(pid), crowded: () => inUse() });
}

async function runAlone(ctx: Context, { options, file }: { options: BatchOptions; file: BatchFile }): Promise<number> {
  const begun = ctx.clock.now();
  const { input, output } = options;
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
