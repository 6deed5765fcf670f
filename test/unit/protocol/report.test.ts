import { createHmac } from "node:crypto";
import { AbiCoder, keccak256 } from "ethers";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createSigner } from "../../../src/keys/signer.ts";
import { decodeReport, encodeReport, type Observation, type Report } from "../../../src/protocol/report.ts";
import { isDrawn, padReport, reportLabel, sealedReport, sealOf } from "../../../src/protocol/reportSeal.ts";
import { bytesOf, hexOf } from "../../../src/util/hex.ts";
import { anyHex } from "./anyRecord.ts";
import { anyReport } from "./anyReport.ts";

const abi = AbiCoder.defaultAbiCoder();
const opening = fc.record({ key: anyHex(32), validator: anyHex(20), epoch: fc.nat(2 ** 32 - 1), payout: anyHex(32) });

test("a report is read as it was written", () => {
  fc.assert(
    fc.property(anyReport, (report) => {
      expect(decodeReport(encodeReport(report))).toEqual(report);
    }),
  );
});

test("bytes that are no report are nobody's", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), anyReport, fc.nat(), (bytes, report, at) => {
      expect(() => decodeReport(bytes)).not.toThrow();
      const whole = encodeReport(report);
      expect(decodeReport(whole.slice(0, at % whole.length))).toBeUndefined();
    }),
  );
});

test("more audits than fit count as many as do, and what no report holds is a mistake of ours", () => {
  const seen: Observation = { answered: true, halfClass: 3, fails: 99, passes: 16, forfeits: false };
  const report: Report = { nodes: [seen], replays: [70_000], proofs: new Uint8Array() };
  expect(decodeReport(encodeReport(report))).toMatchObject({ nodes: [{ fails: 15, passes: 15 }], replays: [65_534] });
  for (const halfClass of [-1, 21, 0.5]) {
    expect(() => encodeReport({ ...report, nodes: [{ ...seen, halfClass }] })).toThrow("no half class");
  }
  expect(() => encodeReport({ ...report, nodes: Array.from({ length: 20_065 }) })).toThrow("too large");
});

test("ten thousand nodes take two bytes each at most, and far less when they look alike", () => {
  const random = (at: number): number => Number(BigInt(keccak256(`0x${at.toString(16).padStart(8, "0")}`)) >> 240n);
  const nodes = (chance: (at: number) => boolean): Report["nodes"] =>
    Array.from({ length: 10_000 }, (_, at) => {
      const changed = chance(at);
      const halfClass = changed ? random(at) % 21 : 9;
      return { answered: true, halfClass, fails: 0, passes: changed ? (random(at) >> 5) % 16 : 6, forfeits: false };
    });
  const size = (all: Report["nodes"]): number =>
    encodeReport({ nodes: all, replays: [], proofs: new Uint8Array() }).length;
  expect(size(nodes(() => true))).toBeLessThan(20_000);
  expect(size(nodes((at) => random(at) < 6554))).toBeLessThan(4000);
});

test("the seal and the pad are what the contract and anybody else compute", () => {
  fc.assert(
    fc.property(opening, fc.uint8Array({ maxLength: 100 }), (secret, report) => {
      const { key, validator, epoch, payout } = secret;
      const words = abi.encode(["bytes32", "address", "uint32", "bytes32"], [key, validator, epoch, payout]);
      expect(sealOf(secret)).toBe(keccak256(words));
      const sealed = sealedReport(report, secret);
      expect(sealed.seal).toBe(sealOf(secret));
      expect(padReport(bytesOf(sealed.report), secret)).toEqual(report);
      const [first] = padReport(new Uint8Array(40), secret).slice(32);
      const second = keccak256(abi.encode(["bytes32", "address", "uint32"], [key, validator, 1]));
      expect(first).toBe(Number(second.slice(0, 4)));
    }),
  );
});

test("a validator finds the key of a report again with nothing but its own, each epoch and network another", () => {
  const privateKey = `0x${"1f".repeat(32)}` as const;
  const domain = { chainId: 31_337, runtime: `0x${"c0".repeat(20)}` } as const;
  const label = reportLabel(domain, 7);
  expect(hexOf(label)).toBe(
    `${hexOf(new TextEncoder().encode("report"))}${(31_337).toString(16).padStart(64, "0")}${"c0".repeat(20)}00000007`,
  );
  const key = createSigner(privateKey).mac(label);
  expect(key).toBe(hexOf(createHmac("sha256", bytesOf(privateKey)).update(label).digest()));
  expect(createSigner(privateKey).mac(reportLabel(domain, 7))).toBe(key);
  const others = [reportLabel(domain, 8), reportLabel({ ...domain, chainId: 1 }, 7)];
  expect(new Set([key, ...others.map((other) => createSigner(privateKey).mac(other))]).size).toBe(3);
});

test("leaves are drawn by the block's hash at about the rate that was asked for", () => {
  const blockHash = `0x${"ab".repeat(32)}` as const;
  const leaves = Array.from(
    { length: 4000 },
    (_, at) => keccak256(`0x${at.toString(16).padStart(8, "0")}`) as `0x${string}`,
  );
  const share = (millionths: number): number =>
    leaves.filter((leaf) => isDrawn(leaf, { blockHash, millionths })).length / leaves.length;
  expect(share(0)).toBe(0);
  expect(share(1_000_000)).toBe(1);
  expect(share(20_000)).toBeGreaterThan(0.012);
  expect(share(20_000)).toBeLessThan(0.03);
});
