import { createRequire } from "node:module";
import { inspect } from "node:util";
import { Signature, SigningKey, computeAddress, computeHmac } from "ethers";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createEthersCurve } from "../../../src/keys/ethersCurve.ts";
import { createSigner, newPrivateKey, recover } from "../../../src/keys/index.ts";
import { loadCurve } from "../../../src/keys/loadCurve.ts";
import { createNativeCurve } from "../../../src/keys/nativeCurve.ts";
import { openKey } from "../../../src/keys/openKey.ts";
import { recoverWith } from "../../../src/keys/recover.ts";
import { bytesOf, hexOf } from "../../../src/util/hex.ts";
import type { Hex } from "../../../src/util/types.ts";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const load = createRequire(import.meta.url);
const curves = [createNativeCurve(load), createEthersCurve(load)];

const word = (value: bigint): Hex => `0x${value.toString(16).padStart(64, "0")}`;
const privateKeys = fc.bigInt(1n, ORDER - 1n).map(word);
const digests = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(hexOf);
const key = word(0x1234n);
const digest = word(0x5678n);

describe.each(curves)("the $name curve", (curve) => {
  test("signs the same bytes as ethers, from which ethers and we recover the same address", () => {
    fc.assert(
      fc.property(privateKeys, digests, (privateKey, digest) => {
        const theirs = new SigningKey(privateKey);
        const signature = hexOf(curve.sign(bytesOf(digest), bytesOf(privateKey)));
        expect(signature).toBe(theirs.sign(digest).compactSerialized);
        expect(hexOf(curve.publicKeyOf(bytesOf(privateKey)))).toBe(theirs.publicKey);
        const address = computeAddress(privateKey).toLowerCase();
        expect(recoverWith(curve, digest, signature)).toBe(address);
        expect(computeAddress(SigningKey.recoverPublicKey(digest, signature)).toLowerCase()).toBe(address);
      }),
      { numRuns: 40 },
    );
  });

  test("refuses every high s that the compact form can hold", () => {
    fc.assert(
      fc.property(digests, fc.bigInt(ORDER / 2n + 1n, 2n ** 255n - 1n), fc.bigInt(0n, 1n), (digest, s, parity) => {
        const r = hexOf(curve.sign(bytesOf(digest), bytesOf(key))).slice(0, 66) as Hex;
        expect(recoverWith(curve, digest, `${r}${word(s | (parity << 255n)).slice(2)}`)).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });

  test("no signature has a second form that gives its signer", () => {
    fc.assert(
      fc.property(privateKeys, digests, fc.bigInt(0n, 1n), (privateKey, digest, parity) => {
        const { r, s } = Signature.from(hexOf(curve.sign(bytesOf(digest), bytesOf(privateKey))));
        const high = word((ORDER - BigInt(s)) | (parity << 255n)).slice(2);
        expect(recoverWith(curve, digest, `${r as Hex}${high}`)).not.toBe(computeAddress(privateKey).toLowerCase());
      }),
      { numRuns: 20 },
    );
  });

  test("knows the range of private keys", () => {
    const known = [0n, 1n, ORDER - 1n, ORDER, 2n ** 256n - 1n].map((value) => curve.isPrivateKey(bytesOf(word(value))));
    expect(known).toEqual([false, true, true, false, false]);
  });
});

test("both curves agree on any 64 bytes, right or wrong", () => {
  const edges = fc
    .constantFrom(0n, 1n, ORDER / 2n, ORDER / 2n + 1n, ORDER - 1n, ORDER, 2n ** 255n, 2n ** 256n - 1n)
    .map(word);
  const words = fc.oneof(edges, digests);
  fc.assert(
    fc.property(words, words, digests, (r, s, digest) => {
      const signature: Hex = `${r}${s.slice(2)}`;
      const [first, second] = curves.map((curve) => recoverWith(curve, digest, signature));
      expect(first).toBe(second);
    }),
    { numRuns: 100 },
  );
});

test("half the order is the highest s", () => {
  const r = createSigner(key).sign(digest).slice(0, 66) as Hex;
  expect(recover(digest, `${r}${word(ORDER / 2n).slice(2)}`)).toBeDefined();
  expect(recover(digest, `${r}${word(ORDER / 2n + 1n).slice(2)}`)).toBeUndefined();
});

test.each([
  ["empty", "0x"],
  ["65 bytes", `${createSigner(key).sign(digest)}1b`],
  ["63 bytes", createSigner(key).sign(digest).slice(0, -2)],
  ["half a byte", createSigner(key).sign(digest).slice(0, -1)],
  ["without 0x", createSigner(key).sign(digest).slice(2)],
  ["upper case", createSigner(key).sign(digest).toUpperCase().replace("X", "x")],
  ["no hexadecimal", `0x${"g".repeat(128)}`],
  ["a line end after it", `${createSigner(key).sign(digest)}\n`],
  ["zeros", `0x${"0".repeat(128)}`],
])("a malformed signature recovers nobody: %s", (_, signature) => {
  expect(recover(digest, signature as Hex)).toBeUndefined();
});

test("a digest that is not 32 bytes recovers nobody", () => {
  expect(recover(digest.slice(0, -2) as Hex, createSigner(key).sign(digest))).toBeUndefined();
});

test("a signer recovers to its address and has the compressed public key", () => {
  fc.assert(
    fc.property(privateKeys, digests, (privateKey, digest) => {
      const signer = createSigner(privateKey);
      expect(recover(digest, signer.sign(digest))).toBe(signer.address);
      expect(hexOf(signer.publicKey)).toBe(new SigningKey(privateKey).compressedPublicKey);
    }),
    { numRuns: 30 },
  );
});

test("the known vector: key 1 has the address of the curve's base point", () => {
  expect(createSigner(word(1n)).address).toBe("0x7e5f4552091a69125d5dfcb7b8c2659029395bdf");
});

test("bytes, bare digits and upper case are the same key", () => {
  const { address } = createSigner(key);
  const upper: Hex = `0x${key.slice(2).toUpperCase()}`;
  expect([bytesOf(key), key.slice(2) as Hex, upper].map((form) => createSigner(form).address)).toEqual([
    address,
    address,
    address,
  ]);
});

test.each(["0x", "hello", word(0n), word(ORDER), word(1n).slice(0, -1), `${word(1n)}0`])(
  "%s is no private key",
  (text) => {
    expect(() => createSigner(text as Hex)).toThrow(expect.objectContaining({ code: "key-invalid" }));
  },
);

test("a refused private key is not shown", () => {
  const secret = `0x${"ab".repeat(31)}`;
  const error = (() => {
    try {
      return createSigner(secret as Hex);
    } catch (error) {
      return error;
    }
  })();
  expect(inspect(error, { depth: 9 })).not.toContain("abab");
});

test("a signer does not show its key", () => {
  const privateKey = newPrivateKey();
  const signer = createSigner(privateKey);
  const shown = `${inspect(signer, { depth: 9, showHidden: true })}${JSON.stringify(signer)}`;
  expect(shown).not.toContain(privateKey.slice(2));
});

test("changing the bytes a signer was made from does not change the signer", () => {
  const bytes = bytesOf(key);
  const signer = createSigner(bytes);
  bytes.fill(7);
  expect(recover(digest, signer.sign(digest))).toBe(signer.address);
});

test("the native curve is used where it loads, ethers elsewhere", () => {
  const loadWithoutNative = (specifier: string) => {
    if (specifier.startsWith("secp256k1")) throw new Error("No native build was found");
    return load(specifier);
  };
  expect([loadCurve().name, loadCurve(loadWithoutNative).name]).toEqual(["native", "ethers"]);
});

test("a signer and the key it was opened from make the same secrets, each message another", () => {
  fc.assert(
    fc.property(privateKeys, fc.uint8Array(), fc.uint8Array(), (privateKey, one, other) => {
      const secret = createSigner(privateKey).mac(one);
      expect(secret).toBe(computeHmac("sha256", privateKey, one));
      expect(openKey(bytesOf(privateKey)).mac(one)).toBe(secret);
      expect(createSigner(privateKey).mac(other) === secret).toBe(hexOf(one) === hexOf(other));
    }),
    { numRuns: 40 },
  );
});
