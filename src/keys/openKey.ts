import { hexOf } from "../util/hex.ts";
import type { Hex } from "../util/types.ts";
import type { Signer } from "./interface.ts";
import { createSigner } from "./signer.ts";

/** An opened key. The private key is no enumerable property, so a log or JSON of this object does not show it. */
export interface OpenKey extends Signer {
  readonly privateKey: Hex;
}

export function openKey(bytes: Uint8Array): OpenKey {
  const signer = createSigner(bytes);
  const privateKey = hexOf(bytes);
  const { address, publicKey } = signer;
  const sign = (digest: Hex): Hex => signer.sign(digest);
  const mac = (message: Uint8Array): Hex => signer.mac(message);
  const key = { address, publicKey, sign, mac };
  return Object.defineProperty(key, "privateKey", { value: privateKey, enumerable: false }) as OpenKey;
}
