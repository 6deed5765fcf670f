import { describe, expect, it } from "vitest";
import { createSigner, newPrivateKey, recover } from "../../../src/keys/index.ts";
import type { PeerStream } from "../../../src/p2p/interface.ts";
import { digest, orderHash, receiptHash } from "../../../src/protocol/eip712.ts";
import { decodeFrame, encodeFrame, type Frame, type Hello } from "../../../src/protocol/frames.ts";
import { idsHash, inputHash, orderId, paramsHash } from "../../../src/protocol/hash.ts";
import { promptTokensCeiling } from "../../../src/protocol/price.ts";
import { FINISH, type Receipt } from "../../../src/protocol/records.ts";
import { Attempt, type AttemptEnd, type OrderFrame } from "../../../src/router/attempt.ts";
import { MinerLink } from "../../../src/router/minerLink.ts";
import { countersign } from "../../../src/router/sealAnswer.ts";
import { AsyncQueue } from "../../../src/util/asyncQueue.ts";
import { systemClock } from "../../../src/util/clock.ts";
import type { Hex } from "../../../src/util/types.ts";

const router = createSigner(newPrivateKey());
const miner = createSigner(newPrivateKey());
const stranger = createSigner(newPrivateKey());
const domain = { chainId: 31_337, runtime: router.address };
const hash = (byte: string): Hex => `0x${byte.repeat(32)}`;
const IDS = [5, 6, 7];
const PROMPT_TOKENS = 9;

function orderFrame(): OrderFrame {
  const input = { kind: "messages", messages: [{ role: "user", content: "What is a dog?" }] } as const;
  const params = { maxTokens: 8, temperature: 1, topP: 1, topK: 64, minP: 0, stop: [], renderer: 1 };
  const salt = hash("5a");
  const order = {
    task: hash("01"),
    attempt: 0,
    replica: 0,
    kind: 0,
    epoch: 0,
    router: router.address,
    miner: miner.address,
    session: hash("02"),
    model: hash("03"),
    input: inputHash(salt, input),
    params: paramsHash(params),
    seed: 7n,
    from: 0,
    resume: idsHash([]),
    maxTokens: 8,
    promptPrice: 2n,
    outputPrice: 21n,
    deadlineMs: 1000,
    expiresAt: 1000,
  };
  return {
    type: "order",
    order,
    signature: router.sign(digest(domain, orderHash(order))),
    input,
    salt,
    params,
    resume: [],
  };
}

/** What a miner answers; each part can be made wrong. */
interface Answer {
  readonly promptTokens?: number;
  readonly from?: number;
  readonly receipt?: Partial<Receipt>;
  readonly signer?: typeof miner;
  readonly withoutReceipt?: true;
}

/** One attempt at a miner that answers so; resolves with how it ended and whether anything was booked. */
async function attempt(answer: Answer): Promise<{ end: AttemptEnd; one: Attempt; text: string; sent: Frame[] }> {
  const frame = orderFrame();
  const sent: Frame[] = [];
  const fromMiner = new AsyncQueue<Uint8Array>();
  const id = orderId(orderHash(frame.order));
  const promptTokens = answer.promptTokens ?? PROMPT_TOKENS;
  const record: Receipt = {
    order: orderHash(frame.order),
    from: 0,
    to: IDS.length,
    idsHash: idsHash(IDS),
    promptTokens,
    finish: FINISH.stop,
    fee: BigInt(promptTokens) * 2n + BigInt(IDS.length) * 21n,
    ...answer.receipt,
  };
  const signature = (answer.signer ?? miner).sign(digest(domain, receiptHash(record)));
  const receipt = answer.withoutReceipt ? {} : { receipt: { record, signature } };
  const stream: PeerStream = {
    remote: miner.address,
    queuedBytes: 0,
    frames: fromMiner,
    send(bytes) {
      const got = decodeFrame(bytes);
      sent.push(got);
      if (got.type !== "order") return;
      fromMiner.push(encodeFrame({ type: "ack", orderId: id, promptTokens, firstTokenMs: 10 }));
      fromMiner.push(
        encodeFrame({
          type: "tokens",
          orderId: id,
          from: answer.from ?? 0,
          ids: IDS,
          text: "woof",
          finish: "stop",
          ...receipt,
        }),
      );
    },
    close: async () => {},
    abort: () => {},
  };
  const link = new MinerLink(stream, {} as Hello);
  void link.run(fromMiner[Symbol.asyncIterator](), () => {});
  const limits = { ackMs: 1000, lateMs: 1000, stallMs: 1000 };
  const one = new Attempt(frame, link, { domain, recover, clock: systemClock, limits, onReceipt: async () => {} });
  const run = one.run(new AbortController().signal);
  let text = "";
  for (let next = await run.next(); ; next = await run.next()) {
    if (next.done === true) return { end: next.value, one, text, sent };
    text += next.value.text;
  }
}

describe("an attempt, from the router's side", () => {
  it("ends with the receipt of an honest miner", async () => {
    const { end, one, text } = await attempt({});
    expect(end.finish).toBe("stop");
    expect({ ids: one.ids, text }).toEqual({ ids: IDS, text: "woof" });
  });

  it("takes a prompt as long as the quote allows, and none that is longer", async () => {
    const most = promptTokensCeiling(orderFrame().input);
    await expect(attempt({ promptTokens: most })).resolves.toMatchObject({ end: { finish: "stop" } });
    await expect(attempt({ promptTokens: most + 1 })).rejects.toMatchObject({ code: "peer-protocol" });
  });

  const wrong: readonly (readonly [name: string, answer: Answer])[] = [
    ["a higher fee", { receipt: { fee: 1000n } }],
    ["a lower fee", { receipt: { fee: 1n } }],
    ["another order", { receipt: { order: hash("0f") } }],
    ["more tokens than were sent", { receipt: { to: IDS.length + 1 } }],
    ["other ids", { receipt: { idsHash: idsHash([5, 6, 8]) } }],
    ["another prompt token count", { receipt: { promptTokens: PROMPT_TOKENS + 1 } }],
    ["another finish", { receipt: { finish: FINISH.length } }],
    ["another's signature", { signer: stranger }],
    ["no receipt at the end", { withoutReceipt: true }],
    ["tokens from another position", { from: 1 }],
  ];
  for (const [name, answer] of wrong) {
    it(`refuses ${name}, and another miner may try`, async () => {
      await expect(attempt(answer)).rejects.toMatchObject({
        code: "peer-protocol",
        details: { data: { retryable: true } },
      });
    });
  }
});

describe("the router's measurements", () => {
  it("are never below 0, also when its clock stepped back", async () => {
    const { end, one } = await attempt({});
    const deps = { chain: { domain } as Parameters<typeof countersign>[1]["chain"], signer: router };
    const part = countersign({ frame: one.frame, receipt: end.receipt, ttftMs: -40, durationMs: -12 }, deps);
    expect(part.countersigned).toEqual({ ttftMs: 0, durationMs: 0 });
  });
});
