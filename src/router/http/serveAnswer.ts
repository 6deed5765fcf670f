import type { FastifyReply, FastifyRequest } from "fastify";
import { CortensorError, isAbort } from "../../errors/cortensorError.ts";
import type { Log } from "../../observability/log.ts";
import type { Clock } from "../../util/types.ts";
import type { AnswerEvent, TaskRequest } from "../task.ts";
import type { Finish } from "./answer.ts";
import type { AnswerCall, Sink, Start } from "./answerCall.ts";
import type { AnsweringRouter } from "./answeringRouter.ts";
import { isDetached } from "./detached.ts";
import { Envelope } from "./envelope.ts";
import type { HttpMetrics } from "./httpMetrics.ts";
import type { Running } from "./running.ts";
import { StreamSink } from "./streamSink.ts";
import { WholeSink } from "./wholeSink.ts";

export interface AnswerDeps {
  readonly router: AnsweringRouter;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: HttpMetrics;
  readonly running: Running;
}

/**
 * Answers one request. Nothing is sent before the first token, so that a failure until then has its own HTTP status and
 * the headers name the miner that really answers. A client that leaves aborts the task at once, unless it asked otherwise.
 */
export async function serveAnswer(
  call: AnswerCall,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  deps: AnswerDeps,
): Promise<void> {
  const left = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished && !isDetached(request)) left.abort();
  });
  const envelope = new Envelope(call, deps.clock);
  const sink = call.stream
    ? new StreamSink(envelope, reply, { call, clock: deps.clock, requestId: request.id })
    : new WholeSink(envelope, reply, call);
  await deps.running.during(async () => {
    try {
      await relayAll(call.tasks, { sink, left, deps });
    } catch (error) {
      const code = error instanceof CortensorError ? error.code : isAbort(error) ? "interrupted" : "internal";
      deps.metrics.tasks.add(1, { state: "failed", reason: code });
      if (!(await sink.fail(error))) throw error;
      if (code === "internal") deps.log.error("answer failed", { request: request.id }, error);
    }
  });
}

/** All choices at once. When one fails the others are not wanted any more, but each is read to its end. */
async function relayAll(
  tasks: readonly TaskRequest[],
  { sink, left, deps }: { sink: Sink; left: AbortController; deps: AnswerDeps },
): Promise<void> {
  const relays = tasks.map(async (task, index) => {
    try {
      await relay(task, { sink, signal: left.signal, deps, index });
    } catch (error) {
      left.abort();
      throw error;
    }
  });
  const ends = await Promise.allSettled(relays);
  // The first one that failed of itself, and not because another one did.
  const failed = ends.filter((end) => end.status === "rejected");
  const cause = failed.find(({ reason }) => !isAbort(reason)) ?? failed[0];
  if (cause !== undefined) throw cause.reason;
}

/**
 * Reads an answer to its end, also when its client is gone or a chunk cannot be written: what is left unread is neither
 * booked nor paid.
 */
async function relay(
  task: TaskRequest,
  { sink, signal, deps, index }: { sink: Sink; signal: AbortSignal; deps: AnswerDeps; index: number },
): Promise<void> {
  const wait = new Wait(deps);
  let start: Start | undefined;
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const event of deps.router.answer(task, signal)) {
      if (event.type === "start") start = event;
      else {
        wait.over(event);
        if (event.type === "finish") measure(event, deps.metrics);
        failure ??= await attempt(() => pass(event, { sink, start, index }));
      }
    }
  } finally {
    wait.over();
  }
  if (failure !== undefined) throw failure.error;
}

async function attempt(action: () => Promise<void>): Promise<{ readonly error: unknown } | undefined> {
  try {
    await action();
    return undefined;
  } catch (error) {
    return { error };
  }
}

async function pass(
  event: Exclude<AnswerEvent, { type: "start" }>,
  { sink, start, index }: { sink: Sink; start: Start | undefined; index: number },
): Promise<void> {
  if (start === undefined) throw new Error(`an answer began with ${event.type}`);
  if (event.type === "text") return await sink.text(event, { start, index });
  await sink.finish({ finish: event, start, index });
}

/** The time of a request without a token. */
class Wait {
  readonly #deps: AnswerDeps;
  readonly #begun: number;
  #over = false;

  constructor(deps: AnswerDeps) {
    this.#deps = deps;
    this.#begun = deps.clock.now();
    deps.running.waiting += 1;
  }

  over(event?: AnswerEvent): void {
    if (this.#over) return;
    this.#over = true;
    this.#deps.running.waiting -= 1;
    if (event?.type === "text")
      this.#deps.metrics.firstTokenSeconds.observe((this.#deps.clock.now() - this.#begun) / 1000);
  }
}

function measure(
  { finish, error, promptTokens, outputTokens, ttftMs, durationMs }: Finish,
  metrics: HttpMetrics,
): void {
  metrics.promptTokens.add(promptTokens);
  metrics.outputTokens.add(outputTokens);
  if (finish === "error") return metrics.tasks.add(1, { state: "failed", reason: error?.code ?? "" });
  metrics.tasks.add(1, { state: finish, reason: "" });
  if (outputTokens > 1) metrics.tokenSeconds.observe((durationMs - ttftMs) / 1000 / (outputTokens - 1));
}
