import { CortensorClient, type WholeReply } from "../../client/index.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import type { RouterAccess } from "../../fleet/upFile.ts";
import type { Context } from "../context.ts";
import { askLine, keyOf, stopsBatch } from "./askLine.ts";
import type { BatchFile } from "./batchFile.ts";
import { type BatchDefaults, customIdOf, parseBatchLine } from "./batchLine.ts";
import { answered, failed, type Tally } from "./doneLine.ts";
import { inLanes } from "./lanes.ts";
import type { BatchIdentity, PartFile } from "./partFile.ts";
import { Width } from "./width.ts";

export interface BatchOptions {
  readonly input: string;
  readonly output: string;
  readonly defaults: BatchDefaults;
  readonly parallel: number | undefined;
  readonly timeoutS: number;
  readonly access: RouterAccess;
}

export interface BatchParts {
  readonly options: BatchOptions;
  readonly file: BatchFile;
  readonly identity: BatchIdentity;
  readonly part: PartFile;
  /** Called with each line that is finished, on disk already. */
  onLine(line: Tally): void;
}

type Line = BatchFile["lines"][number];

/** One run over the lines that are not finished yet. */
export class BatchRun {
  readonly #ctx: Pick<Context, "clock" | "signal">;
  readonly #parts: BatchParts;
  readonly #client: CortensorClient;
  #running = 0;
  #lastAnswerAt = 0;

  constructor(ctx: Pick<Context, "clock" | "signal">, parts: BatchParts) {
    this.#ctx = ctx;
    this.#parts = parts;
    this.#client = new CortensorClient(parts.options.access);
  }

  /** Resolves when every line is finished, well or not. Throws what stops the batch. */
  async toEnd(): Promise<void> {
    const { file, part, options } = this.#parts;
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#ctx.signal, stop.signal]);
    const width = new Width(
      { fixed: options.parallel, running: () => this.#running },
      { client: this.#client, clock: this.#ctx.clock },
    );
    const open = file.lines.filter(({ number }) => !part.tallies.has(number));
    try {
      await width.start(signal);
      await inLanes(open, {
        width: () => width.value,
        work: (line) => this.#line(line, signal),
        onError: () => stop.abort(),
      });
    } catch (error) {
      throw this.#stopped(error);
    } finally {
      width.stop();
      stop.abort();
    }
  }

  async #line(line: Line, signal: AbortSignal): Promise<void> {
    const { part } = this.#parts;
    const name = { number: line.number, customId: customIdOf(line.text) };
    this.#running += 1;
    try {
      const done = await this.#ask(line, signal).then(
        (reply) => answered(name, reply),
        (error: unknown) => {
          if (!(error instanceof CortensorError) || stopsBatch(error)) throw error;
          return failed(name, error);
        },
      );
      await part.add(done);
      this.#parts.onLine(done);
    } finally {
      this.#running -= 1;
    }
    this.#lastAnswerAt = this.#ctx.clock.now();
  }

  async #ask(line: Line, signal: AbortSignal): Promise<WholeReply> {
    const { options, identity } = this.#parts;
    return await askLine(
      { request: parseBatchLine(line.text, options.defaults), key: keyOf(identity, line) },
      {
        client: this.#client,
        clock: this.#ctx.clock,
        signal,
        timeoutMs: options.timeoutS * 1000,
        lastAnswerAt: () => this.#lastAnswerAt,
      },
    );
  }

  /** Says beside the reason that nothing is lost. */
  #stopped(error: unknown): unknown {
    if (!(error instanceof CortensorError)) return error;
    const { part, file, options } = this.#parts;
    const kept = `${part.tallies.size} of ${file.lines.length} lines are finished; the same command goes on from them`;
    return new CortensorError(error.code, error.message, {
      ...error.details,
      why: [...(error.details.why ?? []), ["kept", kept]],
      data: { ...error.details.data, part: `${options.output}.part` },
      cause: error,
    });
  }
}
