import { computeAddress, SigningKey, TypedDataEncoder, zeroPadValue } from "ethers";
import { CHAIN_ID } from "./contracts.ts";

/** A key that signs typed data as nodes do: EIP-2098. */
export interface TestKey {
  readonly address: string;
  readonly key: SigningKey;
}

export interface Compact {
  readonly r: string;
  readonly vs: string;
}

export interface TestDomain {
  readonly chainId: number;
  readonly runtime: string;
}

export const NO_SIGNATURE: Compact = { r: zeroPadValue("0x00", 32), vs: zeroPadValue("0x00", 32) };

export function testKey(n: number): TestKey {
  const key = new SigningKey(`0x${n.toString(16).padStart(64, "0")}`);
  return { address: computeAddress(key.publicKey).toLowerCase(), key };
}

export function domainOf(runtime: string): TestDomain {
  return { chainId: CHAIN_ID, runtime };
}

const TYPES = {
  Voucher: { session: "bytes32", cumulative: "uint96" },
  Register: { owner: "address", role: "uint8" },
  Permit: { owner: "address", spender: "address", value: "uint256", nonce: "uint256", deadline: "uint256" },
};

export function sign({ key }: TestKey, domain: TestDomain, record: Record<string, unknown>): Compact {
  const type = "session" in record ? "Voucher" : "Register";
  const { r, yParityAndS } = key.sign(digest(domain.runtime, domain.chainId, { type, record }));
  return { r, vs: yParityAndS };
}

/** The last arguments of `permit` and `openWithPermit`. */
export function signPermit({ key }: TestKey, token: string, record: Record<string, unknown>): unknown[] {
  const { v, r, s } = key.sign(digest(token, CHAIN_ID, { type: "Permit", record }));
  return [record["deadline"], v, r, s];
}

type Typed = { readonly type: keyof typeof TYPES; readonly record: Record<string, unknown> };

function digest(verifyingContract: string, chainId: number, { type, record }: Typed): string {
  const fields = Object.entries(TYPES[type]).map(([name, kind]) => ({ name, type: kind }));
  return TypedDataEncoder.hash(
    { name: "Cortensor", version: "1", chainId, verifyingContract },
    { [type]: fields },
    record,
  );
}
