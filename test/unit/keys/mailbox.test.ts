import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createMailbox, sealTo } from "../../../src/keys/index.ts";
import type { Hex } from "../../../src/util/types.ts";

const mailbox = createMailbox();
const anyBytes = fc.uint8Array({ maxLength: 300 });
const sealed = (plain: Uint8Array, label = "a"): Uint8Array => {
  const bytes = sealTo(mailbox.publicKey, plain, label);
  if (bytes === undefined) throw new Error("it was not sealed");
  return bytes;
};

test("what is sealed to a mailbox opens there under its label, and nowhere else", () => {
  fc.assert(
    fc.property(anyBytes, fc.string(), fc.string(), (plain, label, other) => {
      const bytes = sealed(plain, label);
      expect(mailbox.open(bytes, label)).toEqual(plain);
      if (other !== label) expect(mailbox.open(bytes, other)).toBeUndefined();
      expect(createMailbox().open(bytes, label)).toBeUndefined();
    }),
    { numRuns: 30 },
  );
});

test("bytes that were changed, cut or made up do not open", () => {
  fc.assert(
    fc.property(anyBytes, fc.nat(), fc.integer({ min: 1, max: 127 }), (plain, at, flip) => {
      const changed = sealed(plain);
      const place = at % changed.length;
      // The top bit of an X25519 key is not looked at, and it is not flipped here.
      changed[place] = (changed[place] ?? 0) ^ flip;
      expect(mailbox.open(changed, "a")).toBeUndefined();
      expect(mailbox.open(sealed(plain).subarray(0, place), "a")).toBeUndefined();
      expect(mailbox.open(plain, "a")).toBeUndefined();
    }),
    { numRuns: 50 },
  );
});

test("nothing is sealed to a key that shares its secret with everybody", () => {
  const zero: Hex = `0x${"00".repeat(32)}`;
  const one: Hex = `0x01${"00".repeat(31)}`;
  for (const key of [zero, one]) expect(sealTo(key, Uint8Array.of(1), "a")).toBeUndefined();
  expect(mailbox.open(new Uint8Array(100), "a")).toBeUndefined();
});

test("the same text is never sealed the same, and the mailbox shows only its public key", () => {
  const plain = new TextEncoder().encode("a secret prompt, a secret prompt");
  expect(sealed(plain)).not.toEqual(sealed(plain));
  expect(Buffer.from(sealed(plain)).includes("secret")).toBe(false);
  expect(JSON.parse(JSON.stringify(mailbox))).toEqual({ publicKey: mailbox.publicKey });
});
