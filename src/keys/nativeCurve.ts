import { randomBytes } from "node:crypto";
import type * as Secp256k1 from "secp256k1";
import type { Curve, Load } from "./curve.ts";

/** libsecp256k1; throws when there is no build of it for this machine. */
export function createNativeCurve(load: Load): Curve {
  const native = load("secp256k1/bindings.js") as typeof Secp256k1;
  // Blinds the multiplications with the private key against timing; results stay the same.
  native.contextRandomize(randomBytes(32));
  return {
    name: "native",
    isPrivateKey: (privateKey) => native.privateKeyVerify(privateKey),
    publicKeyOf: (privateKey) => native.publicKeyCreate(privateKey, false),
    sign(digest, privateKey) {
      const { signature, recid } = native.ecdsaSign(digest, privateKey);
      // 2 and 3 would need an r beyond the order: one signature in 2^127.
      if (recid > 1) throw new Error("the signature has no compact form");
      signature[32] = (signature[32] ?? 0) | (recid << 7);
      return signature;
    },
    recover(digest, signature) {
      const plain = Uint8Array.from(signature);
      const top = plain[32] ?? 0;
      plain[32] = top & 0x7f;
      try {
        return native.ecdsaRecover(plain, top >> 7, digest, false);
      } catch {
        return undefined;
      }
    },
  };
}
