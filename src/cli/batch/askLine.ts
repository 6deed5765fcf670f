import { createHash } from "node:crypto";
import type { CortensorClient, WholeReply } from "../../client/index.ts";
import type { ErrorCode } from "../../errors/catalogue.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { Backoff, sleep } from "../../util/async.ts";
import type { Clock } from "../../util/types.ts";
import type { BatchRequest } from "./batchLine.ts";
import type { BatchIdentity } from "./partFile.ts";

/** A task that broke is asked so often. */
const TRIES = 3;
const WAIT = { firstMs: 200, maxMs: 10_000, random: Math.random } as const;

/** Errors that say nothing about the line: they pass, or the whole batch stops at them. */
const PASSING: readonly ErrorCode[] = ["rate-limited", "no-capacity", "router-unreachable"];
const STOPPING: readonly ErrorCode[] = [...PASSING, "unauthorised", "deposit-low"];

/** Whether the batch cannot go on, rather than this line. */
export function stopsBatch(error: unknown): boolean {
  return !(error instanceof CortensorError) || STOPPING.includes(error.code);
}

export interface LineCall {
  readonly request: BatchRequest;
  /** The same for the same line of the same batch, whenever it is asked. */
  readonly key: string;
}

export interface AskDeps {
  readonly client: Pick<CortensorClient, "post">;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Longest wait for one reply, and for a router that takes nothing. */
  readonly timeoutMs: number;
  /** When any line of the batch was answered last. */
  readonly lastAnswerAt: () => number;
}

/** The key of a line: a line whose answer was lost on the way gets it again and pays nothing. */
export function keyOf({ input, options }: BatchIdentity, { number, text }: { number: number; text: string }): string {
  return `batch-${createHash("sha256").update(`${input} ${options} ${number} ${text}`).digest("hex")}`;
}

/** Asks one line until it is answered. Throws what is wrong with it, or what stops the batch. */
export async function askLine({ request, key }: LineCall, deps: AskDeps): Promise<WholeReply> {
  const backoff = new Backoff(WAIT);
  const begun = deps.clock.now();
  let turn = 0;
  for (let broken = 0; ; ) {
    try {
      const idempotencyKey = turn === 0 ? key : `${key}-${turn}`;
      const reply = await post(request, idempotencyKey, deps);
      if (reply.finishReason !== "cancelled") return reply;
      // An older run was cut off in the middle of it, and the router has the stump under this key.
      turn += 1;
    } catch (error) {
      if (!(error instanceof CortensorError)) throw error;
      const { code } = error;
      const waits = PASSING.includes(code) || isRunningAlready(error);
      if (!waits && !["task-failed", "peer-protocol"].includes(code)) throw error;
      if (!waits && (broken += 1) >= TRIES) throw error;
      const since = Math.max(begun, deps.lastAnswerAt());
      if (waits && deps.clock.now() - since >= deps.timeoutMs) throw error;
      await sleep(waitOf(error, backoff), deps.signal, deps.clock);
    }
  }
}

async function post({ path, body }: BatchRequest, idempotencyKey: string, deps: AskDeps): Promise<WholeReply> {
  const { client, clock, signal, timeoutMs } = deps;
  const late = new AbortController();
  const cancel = clock.after(timeoutMs, () => late.abort());
  try {
    return await client.post(path, { body, idempotencyKey }, AbortSignal.any([signal, late.signal]));
  } catch (error) {
    if (!late.signal.aborted || signal.aborted) throw error;
    throw new CortensorError("timeout", `no whole answer within ${timeoutMs / 1000} s`, { cause: error });
  } finally {
    cancel();
  }
}

/** The run before this one died while the router answered; it goes on, and the answer is there soon. */
function isRunningAlready({ code, message }: CortensorError): boolean {
  return code === "bad-request" && message.includes("is being answered already");
}

function waitOf(error: CortensorError, backoff: Backoff): number {
  const said = error.details.data?.retryAfterS;
  const own = backoff.nextMs();
  return typeof said === "number" ? Math.max(said * 1000, Math.min(own, 1000)) : own;
}
