import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createVault, newPrivateKey } from "../../../src/keys/index.ts";

const key = newPrivateKey();
const vault = createVault(key, "transcripts");
const anyBytes = fc.uint8Array({ maxLength: 300 });

test("what is sealed opens under its label, also by the same key in another life", () => {
  fc.assert(
    fc.property(anyBytes, fc.string(), (plain, label) => {
      const sealed = vault.seal(plain, label);
      expect(vault.open(sealed, label)).toEqual(plain);
      expect(createVault(key, "transcripts").open(sealed, label)).toEqual(plain);
    }),
  );
});

test("it opens under no other label, key or purpose", () => {
  fc.assert(
    fc.property(anyBytes, fc.string(), fc.string(), (plain, label, other) => {
      const sealed = vault.seal(plain, label);
      if (other !== label) expect(vault.open(sealed, other)).toBeUndefined();
      expect(createVault(key, "reports").open(sealed, label)).toBeUndefined();
      expect(createVault(newPrivateKey(), "transcripts").open(sealed, label)).toBeUndefined();
    }),
    { numRuns: 20 },
  );
});

test("bytes that were changed, cut or made up do not open", () => {
  fc.assert(
    fc.property(anyBytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (plain, at, flip) => {
      const sealed = vault.seal(plain, "a");
      const changed = Uint8Array.from(sealed);
      const place = at % sealed.length;
      changed[place] = (changed[place] ?? 0) ^ flip;
      expect(vault.open(changed, "a")).toBeUndefined();
      expect(vault.open(sealed.subarray(0, place), "a")).toBeUndefined();
      expect(vault.open(plain, "a")).toBeUndefined();
    }),
  );
});

test("the same text is never sealed the same, and shows neither itself nor the key", () => {
  const plain = new TextEncoder().encode("a secret prompt, a secret prompt");
  const [one, other] = [vault.seal(plain, "a"), vault.seal(plain, "a")];
  expect(one).not.toEqual(other);
  expect(Buffer.from(one).includes("secret")).toBe(false);
  expect(JSON.stringify(vault)).toBe("{}");
});

test("what is no private key makes no vault", () => {
  expect(() => createVault("0x00", "transcripts")).toThrow(expect.objectContaining({ code: "key-invalid" }));
});
