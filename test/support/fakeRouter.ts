import { createSigner, newPrivateKey } from "../../src/keys/index.ts";
import { digest, orderHash, receiptHash } from "../../src/protocol/eip712.ts";
import { idsHash, inputHash, paramsHash, taskId, taskSeed } from "../../src/protocol/hash.ts";
import { feeOf, promptPaid } from "../../src/protocol/price.ts";
import { type Leaf, leafOf } from "../../src/protocol/leaf.ts";
import { merkleProof, merkleTree } from "../../src/protocol/merkle.ts";
import { lastPart, partLeaf, type ReceiptBundle } from "../../src/protocol/receiptBundle.ts";
import { FINISH, type FinishReason, type Order } from "../../src/protocol/records.ts";
import type { AnsweringRouter } from "../../src/router/http/answeringRouter.ts";
import { countersign, sealAnswer } from "../../src/router/sealAnswer.ts";
import type { AnswerEvent, ServedModel, TaskRequest } from "../../src/router/task.ts";
import type { TaskTrace } from "../../src/router/trace.ts";
import type { Address, Hex } from "../../src/util/types.ts";

export const DOMAIN = { chainId: 31_337, runtime: `0x${"ab".repeat(20)}` } as const;
export const MODEL: ServedModel = {
  modelId: `0x${"5a".repeat(32)}`,
  name: "tiny",
  contextTokens: 1024,
  miners: 2,
  promptPrice: 300_000_000_000n,
  outputPrice: 2_100_000_000_000n,
};

/** What a fake answer is made of: one `text` event a word. */
export interface Script {
  readonly words: readonly string[];
  readonly finish?: FinishReason;
  /** Awaited before each word, by its index. */
  gate?(index: number, signal: AbortSignal): Promise<unknown>;
  /** Thrown before this word; `words.length`: before the finish. */
  /** The receipt has another text than the answer. */
  readonly forged?: boolean;
  /** A miner that was tried before and gave nothing. */
  readonly triedBefore?: Address;
  readonly fail?: { readonly at: number; readonly error: unknown };
}

/** A router by hand: answers what its script says, with receipts that hold, and keeps what it was asked. */
export class FakeRouter implements AnsweringRouter {
  readonly signer = createSigner(newPrivateKey());
  readonly miner = createSigner(newPrivateKey());
  readonly requests: TaskRequest[] = [];
  /** How far answers came: their number of events, and how they ended. */
  readonly runs: { events: number; aborted: boolean; ended: "running" | "finished" | "failed" | "returned" }[] = [];
  readonly #receipts = new Map<Hex, ReceiptBundle>();
  script: Script = { words: ["A dog ", "is ", "a pet."] };
  /** What `tasks` tells, and those of them that were cancelled. */
  traces: readonly TaskTrace[] = [];
  readonly cancelled: Hex[] = [];
  onCancel: () => void = () => {};
  served: readonly ServedModel[] = [MODEL];
  ready = true;
  draining = false;

  async *answer(request: TaskRequest, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
    const run: FakeRouter["runs"][number] = { events: 0, aborted: false, ended: "running" };
    this.runs.push(run);
    this.requests.push(request);
    try {
      yield* this.#events(request, { run, signal });
      run.ended = "finished";
    } catch (error) {
      run.ended = "failed";
      throw error;
    } finally {
      if (run.ended === "running") run.ended = "returned";
    }
  }

  async *#events(
    request: TaskRequest,
    { run, signal }: { run: FakeRouter["runs"][number]; signal: AbortSignal },
  ): AsyncGenerator<AnswerEvent> {
    const { words, finish = "stop", triedBefore, gate, fail } = this.script;
    const id = taskId({ router: this.signer.address, ...request });
    if (triedBefore !== undefined) yield { type: "start", taskId: id, model: MODEL.name, miner: triedBefore };
    yield { type: "start", taskId: id, model: MODEL.name, miner: this.miner.address };
    const ids: number[] = [];
    let text = "";
    for (const [index, word] of words.entries()) {
      if (fail?.at === index) throw fail.error;
      await gate?.(index, signal);
      if (signal.aborted) break;
      ids.push(index + 1);
      text += word;
      run.events += 1;
      yield { type: "text", text: word, ids: [index + 1], logprobs: [-0.5] };
    }
    if (fail?.at === words.length) throw fail.error;
    run.aborted = signal.aborted;
    const receipted = this.script.forged === true ? `${text}!` : text;
    const bundle = this.#bundle(request, { ids, text: receipted, finish: signal.aborted ? "cancelled" : finish });
    this.#receipts.set(id, bundle);
    const miner = this.miner.address;
    yield {
      type: "finish",
      finish: signal.aborted ? "cancelled" : finish,
      text,
      promptTokens: lastPart(bundle).receipt.promptTokens,
      outputTokens: ids.length,
      costWei: lastPart(bundle).receipt.fee,
      bundle,
      attempts: [{ miner, reason: finish, tokens: ids.length, ttftMs: 12 }],
      ttftMs: 12,
      durationMs: 112,
    };
  }

  models(): readonly ServedModel[] {
    return this.served;
  }

  receipt(id: Hex): ReceiptBundle | undefined {
    return this.#receipts.get(id);
  }

  /** Epochs before this one are over; answers are of epoch 1. */
  currentEpoch = 1;

  anchorOf(epoch: number) {
    if (epoch >= this.currentEpoch) return undefined;
    const leaves = [...this.leaves(epoch)];
    const feeSum = leaves.reduce((sum, [, { receipt }]) => sum + receipt.fee, 0n);
    return { epoch, root: this.#treeOf(epoch).root, count: leaves.length, feeSum };
  }

  leaves(epoch: number, after: Hex = "0x"): readonly (readonly [Hex, Leaf])[] {
    const parts = [...this.#receipts.values()].flatMap((bundle) => bundle.parts);
    return parts
      .filter(({ order }) => order.epoch === epoch)
      .map((part) => [partLeaf(part), leafOf(part)] as const)
      .filter(([hash]) => hash > after)
      .sort(([one], [other]) => (one < other ? -1 : 1));
  }

  proofOf(leaf: Hex) {
    if (this.currentEpoch <= 1) return undefined;
    const tree = this.#treeOf(1);
    const proof = merkleProof(tree, leaf);
    return proof === undefined ? undefined : { epoch: 1, leaf, root: tree.root, proof };
  }

  #treeOf(epoch: number) {
    return merkleTree(this.leaves(epoch).map(([hash]) => hash));
  }

  tasks(): readonly TaskTrace[] {
    return this.traces;
  }

  cancel(id: Hex): boolean {
    this.cancelled.push(id);
    this.onCancel();
    return true;
  }

  peers() {
    const slots = { busy: 0, total: 4 };
    const measured = { rttMs: 1, ttftMs: 12, tokensPerSecond: 50, finished: 3, broken: 0, reputation: 0.9 };
    return [{ address: this.miner.address, name: MODEL.name, connected: true, slots, ...measured }];
  }

  slots() {
    return { busy: 1, total: 4 };
  }

  #bundle(
    request: TaskRequest,
    { ids, text, finish }: { ids: readonly number[]; text: string; finish: FinishReason },
  ): ReceiptBundle {
    const { input, params } = request;
    const salt: Hex = `0x${"11".repeat(32)}`;
    const order: Order = {
      task: taskId({ router: this.signer.address, ...request }),
      attempt: 0,
      replica: 0,
      kind: 0,
      epoch: 1,
      router: this.signer.address,
      miner: this.miner.address,
      session: `0x${"22".repeat(32)}`,
      model: MODEL.modelId,
      input: inputHash(salt, input),
      params: paramsHash(params),
      seed: taskSeed(request),
      from: 0,
      resume: idsHash([]),
      maxTokens: params.maxTokens,
      promptPrice: MODEL.promptPrice,
      outputPrice: MODEL.outputPrice,
      deadlineMs: 600_000,
      expiresAt: 1_800_000_000,
    };
    const record = {
      order: orderHash(order),
      from: 0,
      to: ids.length,
      idsHash: idsHash(ids),
      promptTokens: 7,
      finish: FINISH[finish],
      fee: feeOf({
        ...order,
        promptTokens: 7,
        outputTokens: ids.length,
        promptPaid: promptPaid(FINISH[finish]),
      }),
    };
    const signature = this.signer.sign(digest(DOMAIN, orderHash(order)));
    const receipt = { record, signature: this.miner.sign(digest(DOMAIN, receiptHash(record))) };
    const deps = {
      chain: { domain: DOMAIN } as never,
      signer: this.signer,
      clock: { now: () => 1_790_000_000_000, after: () => () => {} },
    };
    const frame = { type: "order", order, signature, input, salt, params, resume: [] } as const;
    const parts = [countersign({ frame, receipt, ttftMs: 12, durationMs: 112 }, deps)];
    return sealAnswer({ request, network: "local", model: MODEL.name, parts, salt, ids, text }, deps);
  }
}
