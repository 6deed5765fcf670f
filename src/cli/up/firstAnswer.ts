import { CortensorClient } from "../../client/index.ts";
import type { UpRecord } from "../../fleet/supervisor.ts";
import type { Context } from "../context.ts";
import { dimLine } from "../commands/dimLine.ts";
import { keepReceipt } from "../../node/receipts.ts";

const EXAMPLE = "What is a cat?";

/** Asks the network that is up; the answer goes to stdout as it comes. Resolves with the receipt's short id. */
export async function firstAnswer(ctx: Context, record: UpRecord, prompt: string): Promise<string | undefined> {
  const client = new CortensorClient({ baseUrl: record.router_url, apiKey: record.api_key });
  // The likeliest words: what a newcomer sees first should be the best that the model knows.
  const request = { prompt: [{ role: "user", content: prompt }], temperature: 0 };
  let started = false;
  const write = (text: string): void => {
    started = true;
    if (!ctx.global.json) ctx.stdout.write(text);
  };
  const whole = await client.complete(request, { signal: ctx.signal, onText: write });
  if (started && !ctx.global.json) ctx.out("");
  const nameOf = (address: string): string => record.nodes.find((node) => node.address === address)?.name ?? address;
  if (ctx.global.json)
    ctx.json({ schema: "cortensor.answer/1", text: whole.text, miner: whole.miner, cost_cor: whole.costCor });
  const receiptId =
    whole.receipt === null ? undefined : await keepReceipt(ctx.home, whole.receipt).catch(() => undefined);
  ctx.note(ctx.notes.style.muted(` ${dimLine(whole, { nameOf, between: ctx.notes.glyph.between, receiptId })}`));
  return receiptId;
}

/** What a newcomer does first, on a terminal: asks, reads the answer, and learns what there is beside it. */
export async function firstMinute(ctx: Context, record: UpRecord): Promise<void> {
  const { style, glyph } = ctx.notes;
  const asked = (await ctx.ask(`\n Ask it something (Enter: ${EXAMPLE})\n> `)).trim();
  let receiptId: string | undefined;
  try {
    receiptId = await firstAnswer(ctx, record, asked === "" ? EXAMPLE : asked);
  } catch (error) {
    ctx.signal.throwIfAborted();
    ctx.note(` ${style.warn(glyph.warn)} ${error instanceof Error ? error.message : String(error)}`);
  }
  const rows = [
    ["Later", `cortensor verify ${receiptId ?? "RECEIPT"}`, "check that answer, offline"],
    ["", "cortensor task explain --last", "why this miner, what it cost"],
    ["", "cortensor miner start", "serve a bigger model"],
  ] as const;
  ctx.note(`\n Enter   the dashboard: who answered, how fast, who earned what`);
  for (const [label, command, about] of rows) ctx.note(` ${label.padEnd(8)}${command.padEnd(34)}${style.muted(about)}`);
  await ctx.ask("");
}
