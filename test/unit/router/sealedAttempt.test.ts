import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSigner, newPrivateKey, recover } from "../../../src/keys/index.ts";
import { wrongOpening } from "../../../src/miner/wrongOpening.ts";
import type { PeerStream } from "../../../src/p2p/interface.ts";
import { type Commitment, commitmentOf, commitMessage } from "../../../src/protocol/commitment.ts";
import { digest, messageHash, orderHash, receiptHash } from "../../../src/protocol/eip712.ts";
import { decodeFrame, encodeFrame, type Hello } from "../../../src/protocol/frames.ts";
import { idsHash, inputHash, orderId, paramsHash } from "../../../src/protocol/hash.ts";
import { FINISH } from "../../../src/protocol/records.ts";
import type { OrderFrame } from "../../../src/router/attempt.ts";
import { MinerLink } from "../../../src/router/minerLink.ts";
import { type RevealFrame, SealedAttempt } from "../../../src/router/sealedAttempt.ts";
import { AsyncQueue } from "../../../src/util/asyncQueue.ts";
import { systemClock } from "../../../src/util/clock.ts";
import type { Hex } from "../../../src/util/types.ts";
import { anyHex } from "../protocol/anyRecord.ts";

const router = createSigner(newPrivateKey());
const miner = createSigner(newPrivateKey());
const domain = { chainId: 31_337, runtime: router.address };
const hash = (byte: string): Hex => `0x${byte.repeat(32)}`;
const OWN = [5, 6, 7];
const SEEN = [8, 9, 10];
const SALT = hash("33");

function orderFrame(): OrderFrame {
  const input = { kind: "text", text: "What is a dog?" } as const;
  const params = { maxTokens: 8, temperature: 1, topP: 1, topK: 64, minP: 0, stop: [], renderer: 1 };
  const salt = hash("5a");
  const order = {
    task: hash("01"),
    attempt: 0,
    replica: 1,
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
    deadlineMs: 1,
    expiresAt: 1,
  };
  const signature = router.sign(digest(domain, orderHash(order)));
  return { type: "order", order, signature, input, salt, params, resume: [] };
}

function signedCommitment(order: Hex, ids: readonly number[], signer = miner): Commitment {
  const commitment = commitmentOf({ order, salt: SALT, ids });
  const signature = signer.sign(digest(domain, messageHash(commitMessage({ order, commitment }))));
  return { miner: signer.address, order, commitment, signature };
}

/** A replica that signs for `OWN`, and shows what it is told to once the commitments are open. */
async function replica({ shows, salt = SALT, signer = miner }: { shows: number[]; salt?: Hex; signer?: typeof miner }) {
  const frame = orderFrame();
  const order = orderHash(frame.order);
  const id = orderId(order);
  const fromMiner = new AsyncQueue<Uint8Array>();
  const record = {
    order,
    from: 0,
    to: shows.length,
    idsHash: idsHash(shows),
    promptTokens: 9,
    finish: FINISH.stop,
    fee: 9n * 2n + BigInt(shows.length) * 21n,
  };
  const receipt = { record, signature: miner.sign(digest(domain, receiptHash(record))) };
  const stream: PeerStream = {
    remote: miner.address,
    queuedBytes: 0,
    frames: fromMiner,
    send(bytes) {
      const got = decodeFrame(bytes);
      if (got.type === "order") {
        const { commitment, signature } = signedCommitment(order, OWN, signer);
        fromMiner.push(encodeFrame({ type: "ack", orderId: id, promptTokens: 9, firstTokenMs: 1 }));
        fromMiner.push(encodeFrame({ type: "commit", orderId: id, commitment, signature }));
      }
      if (got.type === "open")
        fromMiner.push(
          encodeFrame({ type: "reveal", orderId: id, salt, ids: shows, text: "woof", finish: "stop", receipt }),
        );
    },
    close: async () => {},
    abort: () => {},
  };
  const link = new MinerLink(stream, {} as Hello);
  void link.run(fromMiner[Symbol.asyncIterator](), () => {});
  const limits = { ackMs: 1000, lateMs: 1000, stallMs: 1000 };
  const attempt = new SealedAttempt(frame, link, { domain, recover, clock: systemClock, limits });
  const commitment = await attempt.commit();
  const reveal = (): Promise<RevealFrame> => attempt.reveal([commitment], []);
  return { reveal, commitment };
}

describe("a replica, from the router's side", () => {
  it("shows the answer that it signed for", async () => {
    const { reveal } = await replica({ shows: OWN });
    expect(await reveal()).toMatchObject({ ids: OWN, text: "woof" });
  });

  it("is found out when it copies what it saw after it had signed, even with a right receipt for it", async () => {
    const { reveal } = await replica({ shows: SEEN });
    await expect(reveal()).rejects.toMatchObject({ code: "peer-protocol" });
  });

  it("is found out with another salt, or when another one signed", async () => {
    await expect((await replica({ shows: OWN, salt: hash("34") })).reveal()).rejects.toMatchObject({
      code: "peer-protocol",
    });
    const signer = createSigner(newPrivateKey());
    await expect(replica({ shows: OWN, signer })).rejects.toMatchObject({ code: "peer-protocol" });
  });
});

describe("a commitment", () => {
  it("is another one for other ids, another salt or another order, so that it neither tells nor can be used again", () => {
    const anyIds = fc.array(fc.nat({ max: 1000 }), { maxLength: 5 });
    fc.assert(
      fc.property(anyHex(32), anyHex(32), anyIds, anyHex(32), anyIds, (order, salt, ids, other, otherIds) => {
        fc.pre(other !== salt && other !== order && otherIds.join() !== ids.join());
        const made = commitmentOf({ order, salt, ids });
        expect(commitmentOf({ order, salt, ids })).toBe(made);
        expect(commitmentOf({ order, salt, ids: otherIds })).not.toBe(made);
        expect(commitmentOf({ order, salt: other, ids })).not.toBe(made);
        expect(commitmentOf({ order: other, salt, ids })).not.toBe(made);
      }),
    );
  });
});

describe("an opening, from the miner's side", () => {
  const other = createSigner(newPrivateKey());
  const own = signedCommitment(hash("0a"), OWN);
  const theirs = signedCommitment(hash("0b"), SEEN, other);
  const open = (commitments: Commitment[], late: Hex[] = []) =>
    wrongOpening({ type: "open", orderId: `0x${"00".repeat(16)}`, commitments, late }, own, { domain, recover });

  it("frees it when its own commitment is there and all others are signed or late", () => {
    expect(open([own, theirs])).toBeUndefined();
    expect(open([own], [other.address])).toBeUndefined();
  });

  it("does not when its own is missing or changed, one is not signed by whom it names, or a miner is there twice", () => {
    expect(open([theirs])).toContain("own commitment");
    expect(open([{ ...own, commitment: theirs.commitment }, theirs])).toContain("own commitment");
    expect(open([own, { ...theirs, miner: router.address }])).toContain("not signed");
    expect(open([own, theirs], [other.address])).toContain("twice");
  });
});
