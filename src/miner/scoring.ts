import type { Candidate } from "../engine/interface.ts";
import { CortensorError, isAbort } from "../errors/cortensorError.ts";
import { digest, receiptHash } from "../protocol/eip712.ts";
import { idsHash } from "../protocol/hash.ts";
import { marginsOf } from "../protocol/margin.ts";
import { summary } from "../protocol/marginSummary.ts";
import { feeOf } from "../protocol/price.ts";
import { FINISH, type Receipt, type Signed } from "../protocol/records.ts";
import type { AttemptDeps } from "./attempt.ts";
import type { AcceptedOrder } from "./orderDesk.ts";

/** Tells a router how far the answer of another miner is from what its seed had to choose: one prefill, no new token. */
export class Scoring {
  readonly #accepted: AcceptedOrder;
  readonly #deps: AttemptDeps;
  readonly #stop = new AbortController();

  constructor(accepted: AcceptedOrder, deps: AttemptDeps) {
    this.#accepted = accepted;
    this.#deps = deps;
  }

  cancel(): void {
    this.#stop.abort();
  }

  handOver(): void {
    this.#stop.abort();
  }

  drop(): void {
    this.#stop.abort();
  }

  open(): void {
    // Nothing of it is sealed.
  }

  /** Resolves when the order is over, however it ended. */
  async run(): Promise<void> {
    const { id: orderId, promptIds, frame } = this.#accepted;
    const stopTicking = this.#tick();
    this.#deps.work.taskStarted();
    try {
      const positions: (readonly Candidate[])[] = [];
      const input = { ids: promptIds, forced: frame.resume };
      for await (const candidates of this.#deps.engine.replay(input, this.#stop.signal)) positions.push(candidates);
      const options = { seed: frame.order.seed, ...frame.params };
      const { tokens, matches, meanMarginNats } = summary(marginsOf({ positions, ids: frame.resume }, options));
      const receipt = await this.#receipt();
      this.#deps.send({ type: "scored", orderId, tokens, matches, meanMarginNats, receipt });
      this.#deps.owe(receipt.record.fee, AbortSignal.abort()).catch(() => {});
      this.#deps.work.taskDone({ promptTokens: promptIds.length, outputTokens: 0, durationMs: 0 });
    } catch (error) {
      this.#deps.work.taskFailed();
      if (isAbort(error)) return;
      const message = error instanceof CortensorError ? error.message : "the engine failed";
      this.#deps.send({ type: "fail", orderId, code: "engine", retryable: true, message });
    } finally {
      stopTicking();
    }
  }

  /** A peer that hears nothing takes the miner for dead. */
  #tick(): () => void {
    const { id: orderId, frame } = this.#accepted;
    let stop = (): void => {};
    const tick = (): void => {
      stop = this.#deps.clock.after(1000, () => {
        this.#deps.send({ type: "tokens", orderId, from: frame.order.from, ids: [], text: "" });
        tick();
      });
    };
    tick();
    return () => stop();
  }

  /** For the prompt; there are no new tokens. */
  async #receipt(): Promise<Signed<Receipt>> {
    const { frame, hash, promptIds } = this.#accepted;
    const { from } = frame.order;
    const promptTokens = promptIds.length;
    const fee = feeOf({ ...frame.order, promptTokens, outputTokens: 0, promptPaid: true });
    const finish = FINISH.stop;
    const record: Receipt = { order: hash, from, to: from, idsHash: idsHash([]), promptTokens, finish, fee };
    await this.#deps.ledger.recordReceipt(record, 0n, this.#deps.clock.now());
    const signature = this.#deps.signer.sign(digest(this.#deps.domain, receiptHash(record)));
    return { record, signature };
  }
}
