import type { CheckAnswer, CheckFrame } from "../audit/auditServer.ts";
import { epochKey, epochOfKey } from "../audit/epochKey.ts";
import { type Refusal, refused } from "../audit/refusal.ts";
import type { Signer } from "../keys/interface.ts";
import { digest, receiptHash } from "../protocol/eip712.ts";
import { idsHash } from "../protocol/hash.ts";
import { FINISH, type Receipt } from "../protocol/records.ts";
import { createSampler } from "../protocol/sampler.ts";
import type { Store, Write } from "../store/interface.ts";
import { type AcceptedOrder, type DeskDeps, isRefusal, judgeOrder } from "./orderDesk.ts";

const CHECKS = "checks";
/** A sign of life, no work: prompts longer than this are paid for. */
const MOST_PROMPT_TOKENS = 512;
/** Epochs that an order may still name. */
const KEPT_EPOCHS = 2;

interface Deps extends DeskDeps {
  readonly signer: Signer;
  readonly store: Store;
}

/** The order of level 1: a validator gets one token an epoch for nothing, and with it this miner's signature under it. */
export class CheckDesk {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async answer(frame: CheckFrame, signal: AbortSignal): Promise<CheckAnswer | Refusal> {
    const { order } = frame;
    const free = { ...this.#deps, prices: { promptPrice: 0n, outputPrice: 0n } };
    if (order.maxTokens !== 1 || order.promptPrice !== 0n || order.outputPrice !== 0n)
      return refused("bad-request", "a check asks for one token and pays nothing");
    const key = `${epochKey(order.epoch)}:${order.router}`;
    if (this.#deps.store.get(CHECKS, key) !== undefined)
      return refused("asked-before", `${order.router} had its token of epoch ${order.epoch}`);
    const verdict = judgeOrder({ ...frame, resume: [] }, order.router, free);
    if (isRefusal(verdict)) return refused("bad-request", verdict.message);
    if (verdict.promptIds.length > MOST_PROMPT_TOKENS)
      return refused("bad-request", `a check has at most ${MOST_PROMPT_TOKENS} prompt tokens`);
    await this.#note(key, order.epoch);
    await this.#deps.ledger.recordOrder(verdict.hash, this.#deps.chain.head().timestamp * 1000);
    return await this.#generate(verdict, signal);
  }

  async #generate({ frame, hash, promptIds }: AcceptedOrder, signal: AbortSignal): Promise<CheckAnswer | Refusal> {
    const { engine, signer, chain } = this.#deps;
    const { params, order } = frame;
    const sample = createSampler({ seed: order.seed, ...params });
    const input = {
      ids: [...promptIds],
      maxTokens: 1,
      choose: (candidates: Parameters<typeof sample>[0]) => sample(candidates, 0),
    };
    for await (const { id, end } of engine.generate(input, signal)) {
      const record: Receipt = {
        order: hash,
        from: 0,
        to: 1,
        idsHash: idsHash([id]),
        promptTokens: promptIds.length,
        finish: end ? FINISH.stop : FINISH.length,
        fee: 0n,
      };
      const signature = signer.sign(digest(chain.domain, receiptHash(record)));
      return { type: "answer", ids: [id], receipt: { record, signature } };
    }
    return refused("busy", "the engine gave no token");
  }

  /** Before any work: a second copy of the order finds it, also after a crash. */
  async #note(key: string, epoch: number): Promise<void> {
    const { store } = this.#deps;
    const old: Write[] = [];
    for (const [known] of store.scan(CHECKS)) {
      if (epochOfKey(known) >= epoch - KEPT_EPOCHS) break;
      old.push({ table: CHECKS, key: known, value: undefined });
    }
    await store.write([...old, { table: CHECKS, key, value: new Uint8Array() }]);
  }
}
