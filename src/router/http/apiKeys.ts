import { timingSafeEqual } from "node:crypto";
import { sha256Hex } from "../../protocol/hash.ts";
import { bytesOf } from "../../util/hex.ts";
import type { Hex } from "../../util/types.ts";

/** The account that a key's use is booked on: its SHA-256, so that the key itself is stored nowhere in the books. */
export function accountOf(apiKey: string): Hex {
  return sha256Hex(new TextEncoder().encode(apiKey));
}

/** The keys that this router takes. */
export class ApiKeys {
  readonly #accounts: readonly { readonly account: Hex; readonly bytes: Uint8Array }[];

  constructor(keys: readonly string[]) {
    this.#accounts = keys.map((key) => ({ account: accountOf(key), bytes: bytesOf(accountOf(key)) }));
  }

  /** The account behind an `Authorization: Bearer` header. Takes the same time whichever key it is, and for none. */
  find(authorization: string | undefined): Hex | undefined {
    const key = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
    if (key === undefined) return undefined;
    const given = bytesOf(accountOf(key));
    return this.#accounts.filter(({ bytes }) => timingSafeEqual(bytes, given))[0]?.account;
  }
}
