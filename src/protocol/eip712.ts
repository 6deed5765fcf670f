import { keccak256 } from "./keccak256.ts";
import { bytesOf, hexOf } from "../util/hex.ts";
import type { Hex } from "../util/types.ts";
import type {
  Countersigned,
  Domain,
  Message,
  Order,
  Pong,
  Receipt,
  Register,
  Request,
  Session,
  Voucher,
} from "./records.ts";
import { putHex, WordLayout } from "./wordLayout.ts";

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

const DOMAIN_FIELDS = "string name,string version,uint256 chainId,address verifyingContract";
const WORD_BYTES = 32;

const utf8 = new TextEncoder();
const types = new Map(
  Object.entries(RECORD_TYPES).map(([name, fields]) => [
    name,
    new WordLayout(fields, keccak256(utf8.encode(`${name}(${fields})`))),
  ]),
);
const sessionLayout = new WordLayout(
  "address payer,address signer,address payee,address recipient,bytes32 terms,uint40 expiry,bytes32 salt",
);

/** EIP-712 hashStruct of a flat record. */
export function structHash(type: RecordType, record: object): Hex {
  const layout = types.get(type);
  if (layout === undefined) throw new Error(`no record type ${type}`);
  return layout.hash(record);
}

const separators = new Map<string, Uint8Array>();
const signed = Buffer.alloc(2 + 2 * WORD_BYTES);
signed.set([0x19, 0x01]);

/** The 32 bytes that are signed for a struct hash on a network: keccak(0x1901 || domain separator || struct hash). */
export function digest(domain: Domain, hash: Hex): Hex {
  signed.set(separatorOf(domain), 2);
  putHex(signed, 2 + WORD_BYTES, { hex: hash, size: WORD_BYTES, type: "bytes32" });
  return hexOf(keccak256(signed));
}

/** Records never change, and an order or receipt is named by its hash at every step of an answer. */
function remembering(type: RecordType): (record: object) => Hex {
  const known = new WeakMap<object, Hex>();
  return (record) => {
    const hash = known.get(record) ?? structHash(type, record);
    known.set(record, hash);
    return hash;
  };
}

export const orderHash: (order: Order) => Hex = remembering("Order");
export const receiptHash: (receipt: Receipt) => Hex = remembering("Receipt");
export const voucherHash = (voucher: Voucher): Hex => structHash("Voucher", voucher);
export const countersignedHash = (measured: Countersigned): Hex => structHash("Countersigned", measured);
export const requestHash = (request: Request): Hex => structHash("Request", request);
export const pongHash = (pong: Pong): Hex => structHash("Pong", pong);
export const registerHash = (register: Register): Hex => structHash("Register", register);
export const messageHash = (message: Message): Hex => structHash("Message", message);

/** keccak256(abi.encode(Session)): the id of a payment session. */
export function sessionId(session: Session): Hex {
  return sessionLayout.hash(session);
}

function separatorOf({ chainId, runtime }: Domain): Uint8Array {
  const key = `${chainId} ${runtime}`;
  const known = separators.get(key);
  if (known !== undefined) return known;
  const layout = new WordLayout(DOMAIN_FIELDS, keccak256(utf8.encode(`EIP712Domain(${DOMAIN_FIELDS})`)));
  const made = bytesOf(layout.hash({ name: "Cortensor", version: "1", chainId, verifyingContract: runtime }));
  // One process speaks to one network or a few; a test with many must not grow this without end.
  if (separators.size > 64) separators.clear();
  separators.set(key, made);
  return made;
}
