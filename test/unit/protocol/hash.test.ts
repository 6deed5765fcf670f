import { computeAddress, keccak256, SigningKey, sha256, solidityPackedKeccak256 } from "ethers";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encode } from "../../../src/protocol/codec.ts";
import {
  addressOfPublicKey,
  idsHash,
  inputHash,
  keccak,
  orderId,
  paramsHash,
  sha256Hex,
  taskId,
  taskSeed,
} from "../../../src/protocol/hash.ts";
import { quickenKeccak256 } from "../../../src/protocol/keccak256.ts";
import type { TaskParams } from "../../../src/protocol/records.ts";
import { bytesOf, concatBytes, hexOf } from "../../../src/util/hex.ts";
import { anyHex, anyInput, anyParams } from "./anyRecord.ts";

describe("keccak256", () => {
  it("gives the same when it is quickened, in pieces of every size", async () => {
    await quickenKeccak256();
    for (const length of [0, 1, 135, 136, 137, 272, 5000, 1_000_000]) {
      const data = new Uint8Array(length).map((_, at) => (at * 31) % 251);
      expect(keccak(data)).toBe(keccak256(data));
      expect(keccak(data.subarray(1))).toBe(keccak256(data.subarray(1)));
    }
  });
});

describe("hashes", () => {
  it("are those of ethers", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
        expect(keccak(data)).toBe(keccak256(data));
        expect(keccak(hexOf(data))).toBe(keccak256(data));
        expect(sha256Hex(data)).toBe(sha256(data));
      }),
    );
  });

  it("read a token id as four bytes, big-endian", () => {
    const anyIds = fc.array(fc.nat({ max: 0xffff_ffff }), { maxLength: 50 });
    fc.assert(
      fc.property(anyIds, (ids) => {
        const expected = solidityPackedKeccak256(
          ids.map(() => "uint32"),
          ids,
        );
        expect(idsHash(ids)).toBe(expected);
      }),
    );
  });

  it("name a task by its router, its account and its request", () => {
    fc.assert(
      fc.property(anyHex(20), anyHex(32), anyHex(16), (router, account, requestId) => {
        const expected = solidityPackedKeccak256(["address", "bytes32", "bytes16"], [router, account, requestId]);
        expect(taskId({ router, account, requestId })).toBe(expected);
      }),
    );
  });

  it("name an order by 16 bytes", () => {
    expect(orderId(`0x${"0123456789abcdef".repeat(4)}`)).toBe(`0x${"0123456789abcdef".repeat(2)}`);
  });
});

describe("the address of a public key", () => {
  it("is that of ethers, for both forms of the key", () => {
    const anyKey = anyHex(32).filter((key) => BigInt(key) > 0n && BigInt(key) < 2n ** 255n);
    fc.assert(
      fc.property(anyKey, (key) => {
        const { publicKey, compressedPublicKey } = new SigningKey(key);
        const expected = computeAddress(publicKey).toLowerCase();
        expect(addressOfPublicKey(bytesOf(publicKey as `0x${string}`))).toBe(expected);
        expect(addressOfPublicKey(bytesOf(compressedPublicKey as `0x${string}`))).toBe(expected);
      }),
      { numRuns: 20 },
    );
  });
});

describe("what an order commits to", () => {
  it("is the salt and the input, and another of either is another hash", () => {
    fc.assert(
      fc.property(
        fc.tuple(anyHex(32), anyInput),
        fc.tuple(anyHex(32), anyInput),
        ([salt, input], [otherSalt, otherInput]) => {
          expect(inputHash(salt, input)).toBe(keccak256(concatBytes(bytesOf(salt), encode(input))));
          expect(inputHash(salt, structuredClone(input))).toBe(inputHash(salt, input));
          if (salt !== otherSalt) expect(inputHash(otherSalt, input)).not.toBe(inputHash(salt, input));
          if (!same(input, otherInput)) expect(inputHash(salt, otherInput)).not.toBe(inputHash(salt, input));
        },
      ),
    );
  });

  it("is every parameter", () => {
    const change: { readonly [K in keyof TaskParams]: TaskParams[K] } = {
      maxTokens: 3,
      temperature: 0.1 + 0.2,
      topP: 0.123,
      topK: 7,
      minP: 0.456,
      stop: ["another"],
      renderer: 12345,
    };
    fc.assert(
      fc.property(anyParams, fc.constantFrom(...(Object.keys(change) as (keyof TaskParams)[])), (params, field) => {
        const other = { ...params, [field]: change[field] };
        fc.pre(!same(params, other));
        expect(paramsHash(other)).not.toBe(paramsHash(params));
      }),
    );
  });
});

describe("the sampler's seed", () => {
  const input = { kind: "text", text: "Why is the sky blue?" } as const;
  const requestId = `0x${"11".repeat(16)}` as const;

  it("is 64 bits that follow from the request and the input", () => {
    fc.assert(
      fc.property(anyHex(16), anyHex(16), anyInput, (request, other, asked) => {
        const seed = taskSeed({ requestId: request, input: asked });
        expect(seed).toBe(BigInt.asUintN(64, seed));
        expect(taskSeed({ requestId: request, input: structuredClone(asked) })).toBe(seed);
        if (request !== other) expect(taskSeed({ requestId: other, input: asked })).not.toBe(seed);
      }),
    );
  });

  it("is the client's where it gives one, whatever the request", () => {
    const seed = taskSeed({ clientSeed: 7n, requestId, input });
    expect(taskSeed({ clientSeed: 7n, requestId: `0x${"22".repeat(16)}`, input })).toBe(seed);
    expect(taskSeed({ clientSeed: 8n, requestId, input })).not.toBe(seed);
    expect(taskSeed({ clientSeed: 0n, requestId, input })).not.toBe(taskSeed({ requestId, input }));
  });

  it("changes with the input", () => {
    expect(taskSeed({ requestId, input: { kind: "text", text: "Why is the sky blue" } })).not.toBe(
      taskSeed({ requestId, input }),
    );
  });

  it("stays what it is from version to version, since receipts are checked years later", () => {
    // {kind: "text", text: "Why is the sky blue?"} by hand.
    const cbor = `a2646b696e646474657874647465787474${Buffer.from(input.text).toString("hex")}`;
    const byHand = keccak256(`0x${Buffer.from("seed").toString("hex")}${"11".repeat(16)}${cbor}`);
    expect(taskSeed({ requestId, input })).toBe(BigInt(byHand.slice(0, 18)));
    expect(taskSeed({ requestId, input })).toBe(365091874493755541n);
    expect(taskSeed({ clientSeed: 7n, requestId, input })).toBe(3001137773501883677n);
  });
});

function same(one: unknown, other: unknown): boolean {
  return Buffer.compare(encode(one), encode(other)) === 0;
}
