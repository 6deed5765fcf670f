import { CortensorError } from "../errors/cortensorError.ts";
import type { Frame } from "../protocol/frames.ts";
import { type Commitment, commitmentOf, commitMessage } from "../protocol/commitment.ts";
import { digest, messageHash, orderHash } from "../protocol/eip712.ts";
import { orderId } from "../protocol/hash.ts";
import { promptTokensCeiling } from "../protocol/price.ts";
import type { AsyncQueue } from "../util/asyncQueue.ts";
import type { Address, Hex } from "../util/types.ts";
import type { AttemptDeps, OrderFrame } from "./attempt.ts";
import type { MinerLink, OrderReply } from "./minerLink.ts";
import { nextReply } from "./nextReply.ts";
import { wrongReceipt } from "./wrongReceipt.ts";

export type RevealFrame = Extract<Frame, { type: "reveal" }>;

/** Miners say once a second that they go on; this many silent ones are a dead miner. */
const SILENT_SECONDS = 5;

/** An order at one replica, which first signs for its answer and shows it only when the others have signed too. */
export class SealedAttempt {
  readonly frame: OrderFrame;
  readonly #link: MinerLink;
  readonly #deps: Pick<AttemptDeps, "domain" | "recover" | "clock" | "limits">;
  readonly #hash: Hex;
  readonly #id: Hex;
  readonly #replies: AsyncQueue<OrderReply>;
  readonly #sentAt: number;
  promptTokens = 0;
  commitment: Commitment | undefined;

  constructor(frame: OrderFrame, link: MinerLink, deps: Pick<AttemptDeps, "domain" | "recover" | "clock" | "limits">) {
    this.frame = frame;
    this.#link = link;
    this.#deps = deps;
    this.#hash = orderHash(frame.order);
    this.#id = orderId(this.#hash);
    this.#replies = link.expect(this.#id);
    this.#sentAt = deps.clock.now();
  }

  get durationMs(): number {
    return this.#deps.clock.now() - this.#sentAt;
  }

  /** Orders, and resolves with the signed commitment. */
  async commit(onAcknowledged: () => void = () => {}): Promise<Commitment> {
    this.#link.send(this.frame);
    const ack = await this.#next(this.#deps.limits.ackMs);
    if (ack.type !== "ack") throw this.#broken(`answered an order with ${ack.type}`);
    if (ack.promptTokens > promptTokensCeiling(this.frame.input))
      throw this.#broken(`counts ${ack.promptTokens} prompt tokens, which is too many`);
    this.promptTokens = ack.promptTokens;
    onAcknowledged();
    for (;;) {
      const reply = await this.#next(SILENT_SECONDS * 1000);
      // Signs of life have no tokens: those of a replica are for nobody yet.
      if (reply.type === "tokens" && reply.ids.length === 0) continue;
      if (reply.type !== "commit") throw this.#broken(`sent ${reply.type} before its commitment`);
      const made = { order: this.#hash, commitment: reply.commitment };
      const signer = this.#deps.recover(digest(this.#deps.domain, messageHash(commitMessage(made))), reply.signature);
      if (signer !== this.#link.address) throw this.#broken("did not sign its commitment");
      this.commitment = { ...made, miner: this.#link.address, signature: reply.signature };
      return this.commitment;
    }
  }

  /** Shows the miner what all have signed, and resolves with its answer, which must be the one that it signed for. */
  async reveal(commitments: readonly Commitment[], late: readonly Address[]): Promise<RevealFrame> {
    this.#link.send({ type: "open", orderId: this.#id, commitments: [...commitments], late: [...late] });
    const reply = await this.#next(this.#deps.limits.ackMs);
    if (reply.type !== "reveal") throw this.#broken(`sent ${reply.type} instead of its answer`);
    const { ids, salt, finish, receipt } = reply;
    if (commitmentOf({ order: this.#hash, salt, ids }) !== this.commitment?.commitment)
      throw this.#broken("shows another answer than it signed for");
    const paper = { order: this.frame.order, hash: this.#hash, promptTokens: this.promptTokens, ids, finish };
    const wrong = wrongReceipt(receipt, paper, this.#deps);
    if (wrong !== undefined) throw this.#broken(`signed a receipt with another ${wrong}`);
    return reply;
  }

  /** Nothing more is wanted of it. */
  end(): void {
    if (this.#link.open) this.#link.send({ type: "cancel", orderId: this.#id, reason: "late" });
    this.#link.forget(this.#id);
    this.#replies.fail(new CortensorError("interrupted", "this replica is not waited for"));
  }

  async #next(withinMs: number): Promise<Exclude<OrderReply, { type: "refuse" | "fail" }>> {
    return await nextReply(this.#replies, { withinMs, miner: this.#link.address });
  }

  #broken(what: string): CortensorError {
    return new CortensorError("peer-protocol", `miner ${this.#link.address} ${what}`, { data: { retryable: true } });
  }
}
