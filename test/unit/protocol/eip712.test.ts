import { readdirSync, readFileSync } from "node:fs";
import { AbiCoder, keccak256, TypedDataEncoder } from "ethers";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  countersignedHash,
  digest,
  messageHash,
  orderHash,
  RECORD_TYPES,
  type RecordType,
  receiptHash,
  registerHash,
  requestHash,
  sessionId,
  structHash,
  voucherHash,
} from "../../../src/protocol/eip712.ts";
import { anyHex, anySession } from "./anyRecord.ts";

/** A random value for a Solidity type, as our records carry it. */
function valueOf(type: string): fc.Arbitrary<unknown> {
  if (type === "string") return fc.string({ unit: "binary" });
  if (type === "address") return anyHex(20);
  if (type.startsWith("bytes")) return anyHex(Number(type.slice(5)));
  const bits = Number(type.slice(4));
  return bits <= 40 ? fc.nat({ max: 2 ** bits - 1 }) : fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
}

const fieldsOf = (type: RecordType): { type: string; name: string }[] =>
  RECORD_TYPES[type].split(",").map((field) => {
    const [kind = "", name = ""] = field.split(" ");
    return { type: kind, name };
  });

describe("typed data", () => {
  const domain = fc.record({ chainId: fc.nat(), runtime: anyHex(20) });

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

  it("has a helper for each record that nodes and clients sign", () => {
    const helpers: Partial<Record<RecordType, (record: never) => string>> = {
      Order: orderHash,
      Receipt: receiptHash,
      Countersigned: countersignedHash,
      Voucher: voucherHash,
      Request: requestHash,
      Register: registerHash,
      Message: messageHash,
    };
    for (const [type, helper] of Object.entries(helpers) as [RecordType, (record: never) => string][]) {
      const record = fc.record(Object.fromEntries(fieldsOf(type).map(({ type, name }) => [name, valueOf(type)])));
      const [value] = fc.sample(record, 1);
      expect(helper(value as never)).toBe(structHash(type, value as object));
    }
  });

  it("has the type strings that the contracts have", () => {
    const folder = new URL("../../../src/chain/contracts/", import.meta.url);
    const sources = readdirSync(folder).filter((file) => file.endsWith(".sol"));
    const text = sources.map((file) => readFileSync(new URL(file, folder), "utf8")).join("\n");
    const inContracts = [...text.matchAll(/keccak256\(\s*"(\w+)\(([^)]*)\)"/g)].filter(
      ([, name]) => name !== "EIP712Domain",
    );
    expect(inContracts.map(([, name]) => name)).toEqual(expect.arrayContaining(["Voucher", "Register"]));
    for (const [, name, fields] of inContracts) expect(RECORD_TYPES[name as RecordType]).toBe(fields);
  });

  it("refuses values that do not fit their type", () => {
    expect(() => structHash("Voucher", { session: `0x${"00".repeat(32)}`, cumulative: 1n << 96n })).toThrow("uint96");
    expect(() => structHash("Voucher", { session: `0x${"00".repeat(31)}`, cumulative: 1n })).toThrow("bytes32");
    expect(() => structHash("Voucher", { session: `0x${"00".repeat(32)}`, cumulative: -1n })).toThrow("uint96");
    expect(() => structHash("Voucher", { session: `0x${"00".repeat(32)}`, cumulative: 1.5 })).toThrow("whole number");
  });
});

describe("session id", () => {
  it("is the hash of the encoded session", () => {
    fc.assert(
      fc.property(anySession, (value) => {
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
