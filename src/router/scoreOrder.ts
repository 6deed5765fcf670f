import { CortensorError } from "../errors/cortensorError.ts";
import { orderHash } from "../protocol/eip712.ts";
import { orderId } from "../protocol/hash.ts";
import { promptTokensCeiling } from "../protocol/price.ts";
import { ORDER_KIND } from "../protocol/records.ts";
import type { Address } from "../util/types.ts";
import { payFrame } from "./ledger.ts";
import { nextReply } from "./nextReply.ts";
import { type OrderTerms, signOrder } from "./order.ts";
import type { DispatchDeps, DispatchOptions } from "./taskRun.ts";
import { outcomeOf } from "./verdict.ts";
import { wrongReceipt } from "./wrongReceipt.ts";

/** Miners say once a second that they go on; this many silent ones are a dead miner. */
const SILENT_MS = 5000;

/**
 * Has a miner judge an answer by its own model, with one prefill. Resolves with the mean margin in nats and what it
 * costs; undefined when the miner does not tell, which says nothing of the answer.
 */
export async function scoreAt(
  miner: Address,
  { ids, number, replica }: { ids: readonly number[]; number: number; replica: number },
  {
    terms,
    options,
    deps,
    signal,
  }: { terms: OrderTerms; options: DispatchOptions; deps: DispatchDeps; signal: AbortSignal },
): Promise<{ readonly marginNats: number | undefined; readonly chargedWei: bigint } | undefined> {
  const { model, input, params, account } = terms.request;
  const wanted = { model, input, account, maxTokens: params.maxTokens, avoid: new Set<Address>(), prefer: miner };
  const placed = await deps.placement.place(wanted, { lost: true, signal }).catch(() => undefined);
  if (placed === undefined) return undefined;
  const { timeoutMs } = options;
  const kind = ORDER_KIND.score;
  const frame = signOrder(terms, { miner: placed.miner, number, resume: ids, timeoutMs, replica, kind }, deps);
  const { link, session, address } = placed.miner;
  const hash = orderHash(frame.order);
  const replies = link.expect(orderId(hash));
  const broken = (what: string): CortensorError =>
    new CortensorError("peer-protocol", `miner ${address} ${what}`, { data: { retryable: true } });
  try {
    link.send(frame);
    const ack = await nextReply(replies, { withinMs: options.limits.ackMs, miner: address });
    if (ack.type !== "ack" || ack.promptTokens > promptTokensCeiling(input)) throw broken("did not take a score order");
    for (;;) {
      const reply = await nextReply(replies, { withinMs: SILENT_MS, miner: address });
      if (reply.type === "tokens" && reply.ids.length === 0) continue;
      if (reply.type !== "scored") throw broken(`sent ${reply.type} for a score`);
      const paper = { order: frame.order, hash, promptTokens: ack.promptTokens, ids: [], finish: "stop" as const };
      const wrong = wrongReceipt(reply.receipt, paper, { domain: deps.chain.domain, recover: deps.recover });
      if (wrong !== undefined) throw broken(`signed a receipt with another ${wrong}`);
      const paid = { account, task: terms.id, session, receipt: reply.receipt.record, at: deps.clock.now() };
      const edge = await deps.ledger.settle(paid);
      if (link.open) link.send(payFrame(edge));
      deps.pool.release(placed.miner, { unjudged: true });
      // Of fewer tokens than there are nothing can be said.
      const marginNats = reply.tokens === ids.length ? reply.meanMarginNats : undefined;
      return { marginNats, chargedWei: deps.ledger.chargeOf(reply.receipt.record.fee) };
    }
  } catch (error) {
    deps.pool.release(placed.miner, outcomeOf(error));
    return undefined;
  } finally {
    link.forget(orderId(hash));
  }
}
