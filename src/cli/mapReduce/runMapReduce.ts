import { CortensorClient, type WholeReply } from "../../client/index.ts";
import type { RouterAccess } from "../../fleet/upFile.ts";
import type { BatchDefaults } from "../batch/batchLine.ts";
import { costOf } from "../batch/summary.ts";
import type { Context } from "../context.ts";
import { AnswerPage } from "../submit/ask.ts";
import { chooseModel } from "../submit/quote.ts";
import { Asking } from "./asking.ts";
import { type MapReduceQuote, mapReduceQuote } from "./mapReduceQuote.ts";
import { reducePrompt } from "./prompts.ts";
import { roomOf } from "./room.ts";
import { heightOf, leavesOf, type TreeNode } from "./tree.ts";

export interface MapReduceOptions {
  readonly instruction: string;
  readonly text: string;
  readonly defaults: BatchDefaults;
  readonly model: string | undefined;
  readonly maxTokens: number | undefined;
  readonly parallel: number | undefined;
  readonly timeoutS: number;
  readonly access: RouterAccess;
  /** Say what it may cost and ask nothing. */
  readonly dryRun: boolean;
}

/** Asks an instruction of a long text and prints the one answer. */
export async function runMapReduce(ctx: Context, options: MapReduceOptions): Promise<void> {
  const begun = ctx.clock.now();
  const client = new CortensorClient(options.access);
  const model = chooseModel(await client.models(ctx.signal), options.model);
  const { instruction, maxTokens, text, defaults } = options;
  const frame = `${defaults.system ?? ""}${reducePrompt(instruction, [])}`;
  const room = roomOf({ contextTokens: model.contextTokens, maxTokens, frame });
  if (options.dryRun)
    return showQuote(ctx, mapReduceQuote({ instruction, text, room }, { model, router: options.access.baseUrl }));
  const asking = new Asking(ctx, { client, options: { ...options, model: model.name } });
  const tree = await ctx.step({
    name: "map-reduce",
    work: (say) => asking.tree({ text, room, say }),
    result: (root) => counted(leavesOf(root), "chunk"),
    always: true,
  });
  const record = recordOf(tree, { replies: asking.replies, model: model.name });
  ctx.result({ ...record, duration_ms: ctx.clock.now() - begun, tree }, () => {
    const page = new AnswerPage(ctx);
    page.write(tree.text);
    page.endLine();
  });
  const { style, glyph } = ctx.notes;
  const facts = [counted(record.requests, "request"), counted(record.usage.total_tokens, "token")];
  if (record.cost_cor !== null) facts.push(`${record.cost_cor} COR`);
  ctx.note(style.muted(facts.join(` ${glyph.between} `)));
}

function recordOf(tree: TreeNode, { replies, model }: { replies: readonly WholeReply[]; model: string }) {
  const sum = (field: keyof WholeReply["usage"]): number => replies.reduce((all, { usage }) => all + usage[field], 0);
  const [input, output] = [sum("promptTokens"), sum("outputTokens")];
  return {
    schema: "cortensor.map-reduce/1",
    model,
    text: tree.text,
    chunks: leavesOf(tree),
    levels: heightOf(tree),
    requests: replies.length,
    usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
    cost_cor: costOf(replies.map(({ costCor }) => ({ cost_cor: costCor }))),
    miners: [...new Set(replies.flatMap(({ miner }) => miner ?? []))],
  };
}

function showQuote(ctx: Context, quote: MapReduceQuote): void {
  ctx.result(quote, () =>
    ctx.fields([
      ["model", quote.model],
      ["chunks", String(quote.chunks)],
      ["requests", `at most ${quote.requests_max}`],
      ["highest cost", quote.cost_max_cor === null ? "the router does not say" : `${quote.cost_max_cor} COR`],
      ["router", quote.router],
    ]),
  );
  ctx.note("Nothing was sent.");
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
}
