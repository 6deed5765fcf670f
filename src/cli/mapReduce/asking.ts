import { createHash } from "node:crypto";
import type { CortensorClient, WholeReply } from "../../client/index.ts";
import { askLine } from "../batch/askLine.ts";
import type { BatchDefaults } from "../batch/batchLine.ts";
import { inLanes } from "../batch/lanes.ts";
import { Width } from "../batch/width.ts";
import type { Context } from "../context.ts";
import { bar } from "../output/bar.ts";
import { MapReduce } from "./mapReduce.ts";
import type { Room } from "./room.ts";
import type { TreeNode } from "./tree.ts";

export interface AskingOptions {
  readonly instruction: string;
  readonly defaults: BatchDefaults;
  readonly model: string;
  readonly parallel: number | undefined;
  readonly timeoutS: number;
}

/** The requests of one run: as many at once as there are slots, each under a key made of what it asks. */
export class Asking {
  /** Of all requests, those too whose answers were squeezed and asked again smaller. */
  readonly replies: WholeReply[] = [];
  readonly #ctx: Context;
  readonly #client: CortensorClient;
  readonly #options: AskingOptions;
  #running = 0;
  #lastAnswerAt = 0;

  constructor(ctx: Context, { client, options }: { client: CortensorClient; options: AskingOptions }) {
    this.#ctx = ctx;
    this.#client = client;
    this.#options = options;
  }

  async tree({ text, room, say }: { text: string; room: Room; say: (text: string) => void }): Promise<TreeNode> {
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#ctx.signal, stop.signal]);
    const { clock, notes } = this.#ctx;
    const width = new Width(
      { fixed: this.#options.parallel, running: () => this.#running },
      { client: this.#client, clock },
    );
    await width.start(signal);
    const mapReduce = new MapReduce(
      { instruction: this.#options.instruction, room },
      {
        ask: (prompt, maxTokens) => this.#ask(prompt, { maxTokens, signal }),
        all: (items, work) => inOrder(items, { work, width: () => width.value, onError: () => stop.abort() }),
        progress: (stage, done, all) =>
          say(`${bar(done, all, { glyph: notes.glyph, columns: 20 })} ${stage} ${done}/${all}`),
      },
    );
    try {
      return await mapReduce.run(text);
    } finally {
      width.stop();
      stop.abort();
    }
  }

  async #ask(content: string, { maxTokens, signal }: { maxTokens: number; signal: AbortSignal }): Promise<WholeReply> {
    const { defaults, model, timeoutS } = this.#options;
    const system = defaults.system === undefined ? [] : [{ role: "system", content: defaults.system }];
    const body = { ...defaults.body, model, max_tokens: maxTokens, messages: [...system, { role: "user", content }] };
    const key = `map-${createHash("sha256").update(JSON.stringify(body)).digest("hex")}`;
    this.#running += 1;
    try {
      const reply = await askLine(
        { request: { path: "/v1/chat/completions", body }, key },
        {
          client: this.#client,
          clock: this.#ctx.clock,
          signal,
          timeoutMs: timeoutS * 1000,
          lastAnswerAt: () => this.#lastAnswerAt,
        },
      );
      this.replies.push(reply);
      return reply;
    } finally {
      this.#running -= 1;
      this.#lastAnswerAt = this.#ctx.clock.now();
    }
  }
}

async function inOrder<T, R>(
  items: readonly T[],
  { work, ...lanes }: { work: (item: T) => Promise<R>; width: () => number; onError: () => void },
): Promise<R[]> {
  const results: R[] = [];
  await inLanes([...items.entries()], {
    ...lanes,
    work: async ([at, item]) => {
      results[at] = await work(item);
    },
  });
  return results;
}
