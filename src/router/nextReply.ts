import { CortensorError } from "../errors/cortensorError.ts";
import type { AsyncQueue } from "../util/asyncQueue.ts";
import type { Address } from "../util/types.ts";
import type { OrderReply } from "./minerLink.ts";

/** The miner's next word on an order. Throws, with `data.retryable`, when it does not come, or when it is no. */
export async function nextReply(
  replies: AsyncQueue<OrderReply>,
  { withinMs, miner }: { withinMs: number; miner: Address },
): Promise<Exclude<OrderReply, { type: "refuse" | "fail" }>> {
  const reply = await replies.take(withinMs);
  const data = { retryable: true };
  if (reply === "late")
    throw new CortensorError("timeout", `miner ${miner} sent nothing for ${Math.round(withinMs)} ms`, { data });
  if (reply === undefined) throw new CortensorError("peer-unreachable", `the line to miner ${miner} ended`, { data });
  if (reply.type === "refuse" || reply.type === "fail") throw refused(reply, miner);
  return reply;
}

function refused(reply: Extract<OrderReply, { type: "refuse" | "fail" }>, miner: string): CortensorError {
  const code = reply.code === "context-length" ? "context-length" : "task-failed";
  const message = code === "context-length" ? reply.message : `miner ${miner}: ${reply.message}`;
  const data = { retryable: reply.retryable, refused: reply.type === "refuse", reason: reply.code };
  return new CortensorError(code, message, { data });
}
