import { AbiCoder, keccak256, TypedDataEncoder } from "ethers";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digest, RECORD_TYPES, type RecordType, sessionId, structHash } from "../../../src/protocol/eip712.ts";
import type { Session } from "../../../src/protocol/records.ts";
import { hexOf } from "../../../src/util/hex.ts";
import type { Hex } from "../../../src/util/types.ts";

const hex = (bytes: number): fc.Arbitrary<Hex> => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(hexOf);

/** A random value for a Solidity type, as our records carry it. */
function valueOf(type: string): fc.Arbitrary<unknown> {
  if (type === "string") return fc.string({ unit: "binary" });
  if (type === "address") return hex(20);
  if (type.startsWith("bytes")) return hex(Number(type.slice(5)));
  const bits = Number(type.slice(4));
  return bits <= 40
    ? fc.nat({ max: 2 ** Math.min(bits, 31) - 1 })
    : fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
}

const fieldsOf = (type: RecordType): { type: string; name: string }[] =>
  RECORD_TYPES[type].split(",").map((field) => {
    const [kind = "", name = ""] = field.split(" ");
    return { type: kind, name };
  });

describe("typed data", () => {
  const domain = fc.record({ chainId: fc.nat(), runtime: hex(20) });

  for (const type of Object.keys(RECORD_TYPES) as RecordType[]) {
    it(`hashes a ${type} as ethers does`, () => {
      const fields = fieldsOf(type);
      const record = fc.record(Object.fromEntries(fields.map((field) => [field.name, valueOf(field.type)])));
      fc.assert(
        fc.property(domain, record, (network, value) => {
          const types = { [type]: fields };
          expect(structHash(type, value)).toBe(TypedDataEncoder.hashStruct(type, types, value));
          const named = {
            name: "Cortensor",
            version: "1",
            chainId: network.chainId,
            verifyingContract: network.runtime,
          };
          expect(digest(network, structHash(type, value))).toBe(TypedDataEncoder.hash(named, types, value));
        }),
        { numRuns: 50 },
      );
    });
  }

  it("refuses values that do not fit their type", () => {
    expect(() => structHash("Voucher", { session: `0x${"00".repeat(32)}`, cumulative: 1n << 96n })).toThrow("uint96");
    expect(() => structHash("Voucher", { session: `0x${"00".repeat(31)}`, cumulative: 1n })).toThrow("bytes32");
    expect(() => structHash("Voucher", { session: `0x${"00".repeat(32)}`, cumulative: -1n })).toThrow("uint96");
    expect(() => structHash("Voucher", { session: `0x${"00".repeat(32)}`, cumulative: 1.5 })).toThrow("whole number");
  });
});

describe("session id", () => {
  it("is the hash of the encoded session", () => {
    const session = fc.record({
      payer: hex(20),
      signer: hex(20),
      payee: hex(20),
      recipient: hex(20),
      terms: hex(32),
      expiry: fc.nat({ max: 2 ** 31 }),
      salt: hex(32),
    });
    fc.assert(
      fc.property(session, (value: Session) => {
        const encoded = AbiCoder.defaultAbiCoder().encode(
          [
            "tuple(address payer,address signer,address payee,address recipient,bytes32 terms,uint40 expiry,bytes32 salt)",
          ],
          [value],
        );
        expect(sessionId(value)).toBe(keccak256(encoded));
      }),
    );
  });
});
