import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesOf, concatBytes, hexOf } from "../util/hex.ts";
import type { Hex } from "../util/types.ts";
import type { Countersigned, Domain, Message, Order, Receipt, Register, Request, Session, Voucher } from "./records.ts";

/** Type strings of the signed records, as the contracts know them. */
export const RECORD_TYPES = {
  Voucher: "bytes32 session,uint96 cumulative",
  Register: "address owner,uint8 role",
  Receipt: "bytes32 order,uint32 from,uint32 to,bytes32 idsHash,uint32 promptTokens,uint8 finish,uint96 fee",
  Fault: "address node,uint16 bps,bytes32 evidence,uint32 epoch",
  Listing: "bytes32 model,uint32 activeMegabytes,bytes32 card,uint32 revision,uint32 epoch",
  Order:
    "bytes32 task,uint32 attempt,uint32 replica,uint8 kind,uint32 epoch,address router,address miner,bytes32 session,bytes32 model,bytes32 input,bytes32 params,uint64 seed,uint32 from,bytes32 resume,uint32 maxTokens,uint96 promptPrice,uint96 outputPrice,uint64 deadlineMs,uint64 expiresAt",
  Countersigned: "bytes32 receipt,uint32 ttftMs,uint32 durationMs",
  Request: "bytes32 session,bytes16 requestId,bytes32 bodyHash,uint96 maxFee,uint64 expiresAt",
  Pong: "uint32 epoch,address validator,bytes32 nonce",
  Message: "string kind,bytes32 body,bytes32 nonce,uint64 expiresAt",
} as const;
export type RecordType = keyof typeof RECORD_TYPES;

const DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
const SESSION_FIELDS = fieldsOf(
  "address payer,address signer,address payee,address recipient,bytes32 terms,uint40 expiry,bytes32 salt",
);

const utf8 = new TextEncoder();
const types = new Map(
  Object.entries(RECORD_TYPES).map(([name, fields]) => [
    name,
    { hash: keccak_256(utf8.encode(`${name}(${fields})`)), fields: fieldsOf(fields) },
  ]),
);

/** EIP-712 hashStruct of a flat record. */
export function structHash(type: RecordType, record: object): Hex {
  const found = types.get(type);
  if (found === undefined) throw new Error(`no record type ${type}`);
  return hexOf(keccak_256(concatBytes(found.hash, ...encodeFields(found.fields, record))));
}

const separators = new Map<string, Uint8Array>();

/** The 32 bytes that are signed for a struct hash on a network: keccak(0x1901 || domain separator || struct hash). */
export function digest(domain: Domain, hash: Hex): Hex {
  return hexOf(keccak_256(concatBytes(Uint8Array.of(0x19, 0x01), separatorOf(domain), bytesOf(hash))));
}

export const orderHash = (order: Order): Hex => structHash("Order", order);
export const receiptHash = (receipt: Receipt): Hex => structHash("Receipt", receipt);
export const voucherHash = (voucher: Voucher): Hex => structHash("Voucher", voucher);
export const countersignedHash = (measured: Countersigned): Hex => structHash("Countersigned", measured);
export const requestHash = (request: Request): Hex => structHash("Request", request);
export const registerHash = (register: Register): Hex => structHash("Register", register);
export const messageHash = (message: Message): Hex => structHash("Message", message);

/** keccak256(abi.encode(Session)): the id of a payment session. */
export function sessionId(session: Session): Hex {
  return hexOf(keccak_256(concatBytes(...encodeFields(SESSION_FIELDS, session))));
}

function separatorOf({ chainId, runtime }: Domain): Uint8Array {
  const key = `${chainId} ${runtime}`;
  const known = separators.get(key);
  if (known !== undefined) return known;
  const parts = [
    keccak_256(utf8.encode(DOMAIN_TYPE)),
    keccak_256(utf8.encode("Cortensor")),
    keccak_256(utf8.encode("1")),
  ];
  const made = keccak_256(concatBytes(...parts, word("uint256", chainId), word("address", runtime)));
  // One process speaks to one network or a few; a test with many must not grow this without end.
  if (separators.size > 64) separators.clear();
  separators.set(key, made);
  return made;
}

interface Field {
  readonly type: string;
  readonly name: string;
}

function fieldsOf(text: string): readonly Field[] {
  return text.split(",").map((field) => {
    const [type = "", name = ""] = field.split(" ");
    return { type, name };
  });
}

function encodeFields(fields: readonly Field[], record: object): Uint8Array[] {
  const values = record as Readonly<Record<string, unknown>>;
  return fields.map(({ type, name }) => word(type, values[name]));
}

/** One 32-byte word: numbers and addresses from the right, fixed bytes from the left, text as its hash. */
function word(type: string, value: unknown): Uint8Array {
  if (type === "string") return keccak_256(utf8.encode(value as string));
  const bytes = type.startsWith("uint") ? numberBytes(type, value) : bytesOf(value as Hex);
  const size = type === "address" ? 20 : type.startsWith("bytes") ? Number(type.slice(5)) : 32;
  if (bytes.length !== size) throw new Error(`${type} takes ${size} bytes, not ${bytes.length}`);
  const out = new Uint8Array(32);
  out.set(bytes, type.startsWith("bytes") ? 0 : 32 - size);
  return out;
}

function numberBytes(type: string, value: unknown): Uint8Array {
  if (typeof value !== "bigint" && !Number.isSafeInteger(value))
    throw new Error(`${type} takes a whole number, not ${String(value)}`);
  const number = BigInt(value as bigint | number);
  if (number < 0n || number >> BigInt(type.slice(4)) > 0n) throw new Error(`${number} is out of the range of ${type}`);
  return bytesOf(`0x${number.toString(16).padStart(64, "0")}`);
}
