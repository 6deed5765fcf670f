import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import { recover } from "../../../src/keys/index.ts";
import { decode, encode } from "../../../src/protocol/codec.ts";
import { partLeaf } from "../../../src/protocol/receiptBundle.ts";
import {
  decodeTranscript,
  encodeTranscript,
  type Transcript,
  transcriptOf,
  wrongTranscript,
} from "../../../src/protocol/transcript.ts";
import { answerSigners, signedAnswer } from "../../support/receiptParts.ts";
import { anyIds } from "./anyRecord.ts";
import { changesOf } from "./changes.ts";

const signers = answerSigners();
const { domain } = signers;
const wrong = (transcript: Transcript, leaf = transcript.leaf): string | undefined =>
  wrongTranscript(transcript, { leaf, domain, recover });

describe("a transcript", () => {
  it("arrives as it was made and holds, also of an answer that goes on after another", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), anyIds, anyIds, fc.nat(), (text, resume, ids, number) => {
        const answer = signedAnswer({ text, resume, ids, number }, signers);
        const transcript = transcriptOf({ ...answer, ids: [...ids, 7] });
        expect(transcript.ids).toEqual([...resume, ...ids]);
        const arrived = decodeTranscript(encodeTranscript(transcript));
        expect(arrived).toEqual(transcript);
        expect(wrong(arrived, partLeaf(answer.part))).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });

  it("does not hold when anything in it is changed", () => {
    const transcript = transcriptOf(signedAnswer({ resume: [9, 8], ids: [1, 2, 3] }, signers));
    let tried = 0;
    for (const { value } of changesOf(decode(encodeTranscript(transcript)))) {
      const bytes = encode(value);
      if (Buffer.compare(bytes, encodeTranscript(transcript)) === 0) continue;
      tried += 1;
      try {
        expect(wrong(decodeTranscript(bytes), transcript.leaf)).toBeDefined();
      } catch (error) {
        if (!(error instanceof CortensorError)) throw error;
        expect(error.code).toBe("peer-protocol");
      }
    }
    expect(tried).toBeGreaterThan(50);
  });

  it("of another leaf is not taken for this one", () => {
    const [one, other] = [1, 2].map((number) => transcriptOf(signedAnswer({ number }, signers)));
    if (one === undefined || other === undefined) throw new Error("there are two");
    expect(wrong(one, other.leaf)).toBe("leaf");
    expect(wrong({ ...one, leaf: other.leaf }, other.leaf)).toBe("leaf");
    expect(wrong({ ...one, receipts: other.receipts }, one.leaf)).toBe("leaf");
  });

  it("is read from any bytes without another exception, and its error tells nothing that is in it", () => {
    const said = (bytes: Uint8Array): string => {
      try {
        decodeTranscript(bytes);
        return "";
      } catch (error) {
        if (error instanceof CortensorError && error.code === "peer-protocol")
          return JSON.stringify([error.message, error.details]);
        throw error;
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(said(bytes)).not.toBe("");
      }),
    );
    const transcript = transcriptOf(signedAnswer({ text: "A secret" }, signers));
    expect(said(encode({ ...transcript, salt: "secret" }))).toBe(
      JSON.stringify(["a transcript does not fit the protocol: salt", {}]),
    );
    expect(said(encode({ ...transcript, secret: 1 }))).not.toContain("secret");
    expect(said(encode({ ...transcript, receipts: [] }))).not.toBe("");
  });
});
