import { createSigner, newPrivateKey } from "../../src/keys/index.ts";
import type { Signer } from "../../src/keys/interface.ts";
import { countersignedHash, digest, orderHash, receiptHash } from "../../src/protocol/eip712.ts";
import type { Frame } from "../../src/protocol/frames.ts";
import { idsHash, inputHash, paramsHash } from "../../src/protocol/hash.ts";
import { feeOf, promptPaid } from "../../src/protocol/price.ts";
import type { ReceiptPart } from "../../src/protocol/receiptBundle.ts";
import { type Domain, FINISH, type Order, type TaskInput, type TaskParams } from "../../src/protocol/records.ts";
import type { Hex } from "../../src/util/types.ts";

/** An answer as its two nodes signed it. */
export interface SignedAnswer {
  readonly part: ReceiptPart;
  readonly frame: Extract<Frame, { type: "order" }>;
  readonly ids: readonly number[];
}

export interface AnswerSigners {
  readonly domain: Domain;
  readonly router: Signer;
  readonly miner: Signer;
}

const DOMAIN: Domain = { chainId: 31_337, runtime: `0x${"c0".repeat(20)}` };

/** A router and a miner with fresh keys. */
export function answerSigners(domain = DOMAIN): AnswerSigners {
  return { domain, router: createSigner(newPrivateKey()), miner: createSigner(newPrivateKey()) };
}

/** An answer with real signatures; `number` makes it another one. */
export function signedAnswer(
  {
    number = 0,
    epoch = 0,
    text = "What is a dog?",
    ids = [1, 2, 3],
    resume = [],
  }: { number?: number; epoch?: number; text?: string; ids?: readonly number[]; resume?: readonly number[] } = {},
  { domain, router, miner }: AnswerSigners = answerSigners(),
): SignedAnswer {
  const input: TaskInput = { kind: "text", text };
  const params: TaskParams = { maxTokens: 64, temperature: 1, topP: 1, topK: 64, minP: 0, stop: [], renderer: 1 };
  const salt: Hex = `0x${number.toString(16).padStart(64, "0")}`;
  const order: Order = {
    task: salt,
    attempt: 0,
    replica: 0,
    kind: 0,
    epoch,
    router: router.address,
    miner: miner.address,
    session: `0x${"d4".repeat(32)}`,
    model: `0x${"e5".repeat(32)}`,
    input: inputHash(salt, input),
    params: paramsHash(params),
    seed: BigInt(number),
    from: resume.length,
    resume: idsHash(resume),
    maxTokens: 64,
    promptPrice: 500n,
    outputPrice: 2000n,
    deadlineMs: 60_000,
    expiresAt: 1_800_000_000,
  };
  const receipt = {
    order: orderHash(order),
    from: resume.length,
    to: resume.length + ids.length,
    idsHash: idsHash(ids),
    promptTokens: 4,
    finish: FINISH.stop,
    fee: feeOf({ ...order, promptTokens: 4, outputTokens: ids.length, promptPaid: promptPaid(FINISH.stop) }),
  };
  const countersigned = { ttftMs: 12, durationMs: 340 };
  const sign = (signer: Signer, hash: Hex): Hex => signer.sign(digest(domain, hash));
  const signature = sign(router, orderHash(order));
  return {
    part: {
      order,
      orderSignature: signature,
      receipt,
      receiptSignature: sign(miner, receiptHash(receipt)),
      countersigned,
      countersignature: sign(router, countersignedHash({ receipt: receiptHash(receipt), ...countersigned })),
    },
    frame: { type: "order", order, signature, input, salt, params, resume: [...resume] },
    ids,
  };
}
