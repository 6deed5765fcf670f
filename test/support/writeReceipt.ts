import { writeAnswer } from "../../src/replay/calibrate/writeAnswer.ts";
import { createSigner, newPrivateKey } from "../../src/keys/index.ts";
import type { Engine } from "../../src/engine/interface.ts";
import { answerText } from "../../src/protocol/answerText.ts";
import { digest, orderHash, receiptHash } from "../../src/protocol/eip712.ts";
import { idsHash, inputHash, paramsHash, taskId, taskSeed } from "../../src/protocol/hash.ts";
import { feeOf, promptPaid } from "../../src/protocol/price.ts";
import { promptIds } from "../../src/protocol/promptIds.ts";
import type { ReceiptBundle } from "../../src/protocol/receiptBundle.ts";
import { FINISH, type Order, type TaskInput, type TaskParams } from "../../src/protocol/records.ts";
import { RENDERER_VERSION } from "../../src/protocol/render.ts";
import { countersign, sealAnswer } from "../../src/router/sealAnswer.ts";
import type { Hex } from "../../src/util/types.ts";
import { DOMAIN } from "./fakeRouter.ts";

const NEVER = new AbortController().signal;
const NOW_MS = 1_790_000_000_000;
const PRICES = { promptPrice: 300_000_000_000n, outputPrice: 2_100_000_000_000n };

/** One question as a router asks it; its number makes it another task. */
export interface Asked {
  readonly input: TaskInput;
  readonly params: TaskParams;
  readonly requestId: Hex;
  readonly seed: bigint;
}

export function asked(
  question: string,
  params: Partial<TaskParams> = {},
  { number = 0, system }: { number?: number; system?: string | undefined } = {},
): Asked {
  const before = system === undefined ? [] : [{ role: "system", content: system }];
  const input: TaskInput = { kind: "messages", messages: [...before, { role: "user", content: question }] };
  const requestId: Hex = `0x${number.toString(16).padStart(32, "0")}`;
  const whole = { temperature: 1, topP: 1, topK: 64, minP: 0, maxTokens: 48, stop: [], renderer: RENDERER_VERSION };
  return { input, params: { ...whole, ...params }, requestId, seed: taskSeed({ requestId, input }) };
}

export interface Wrote {
  readonly ids: readonly number[];
  readonly finish: number;
}

/** The output ids of an honest miner, from `resume` on. */
export async function write(
  engine: Engine,
  { input, params, seed }: Pick<Asked, "input" | "params" | "seed">,
  resume: readonly number[] = [],
): Promise<Wrote> {
  const prompt = promptIds({ input, epochStart: 0 }, engine);
  const { maxTokens } = params;
  const { ids, ended } = await writeAnswer({ prompt, options: { ...params, seed }, maxTokens, resume }, engine, NEVER);
  return { ids: ids.slice(resume.length), finish: ended ? FINISH.stop : FINISH.length };
}

export interface Claim {
  /** The model that the order names. */
  readonly engine: Engine;
  /** In the order of the answer, one for each miner. */
  readonly parts: readonly Wrote[];
  /** As claimed; the true number if not given. */
  readonly promptTokens?: number;
}

/** A receipt that holds, for whatever ids are claimed. */
export function receiptFor({ input, params, requestId, seed }: Asked, claim: Claim): ReceiptBundle {
  const { engine, parts } = claim;
  const router = createSigner(newPrivateKey());
  const account: Hex = `0x${"33".repeat(32)}`;
  const salt: Hex = `0x${"11".repeat(32)}`;
  const deps = {
    chain: { domain: DOMAIN } as never,
    signer: router,
    clock: { now: () => NOW_MS, after: () => () => {} },
  };
  const promptTokens = claim.promptTokens ?? promptIds({ input, epochStart: 0 }, engine).length;
  const ids: number[] = [];
  const written = parts.map((part, attempt) => {
    const miner = createSigner(newPrivateKey());
    const order: Order = {
      task: taskId({ router: router.address, account, requestId }),
      attempt,
      replica: 0,
      kind: 0,
      epoch: 1,
      router: router.address,
      miner: miner.address,
      session: `0x${"22".repeat(32)}`,
      model: engine.model.modelId,
      input: inputHash(salt, input),
      params: paramsHash(params),
      seed,
      from: ids.length,
      resume: idsHash(ids),
      maxTokens: params.maxTokens,
      ...PRICES,
      deadlineMs: 600_000,
      expiresAt: 1_800_000_000,
    };
    const outputTokens = part.ids.length;
    const fee = feeOf({ ...PRICES, promptTokens, outputTokens, promptPaid: promptPaid(part.finish) });
    const [from, to] = [ids.length, ids.length + outputTokens];
    ids.push(...part.ids);
    const record = {
      order: orderHash(order),
      from,
      to,
      idsHash: idsHash(part.ids),
      promptTokens,
      finish: part.finish,
      fee,
    };
    const receipt = { record, signature: miner.sign(digest(DOMAIN, receiptHash(record))) };
    const signature = router.sign(digest(DOMAIN, orderHash(order)));
    const frame = { type: "order", order, signature, input, salt, params, resume: [] } as const;
    return countersign({ frame, receipt, ttftMs: 12, durationMs: 112 }, deps);
  });
  const known = (id: number) => id < engine.model.vocabularySize;
  const detokenize = (part: readonly number[]) => engine.detokenize(part.filter(known));
  const { text } = answerText({ ids, detokenize, stop: params.stop, ended: true });
  const request = { account, requestId, input, params } as Parameters<typeof sealAnswer>[0]["request"];
  return sealAnswer({ request, parts: written, salt, ids, text, network: "local", model: engine.model.name }, deps);
}
