import { deflateRawSync, inflateRawSync } from "node:zlib";
import { concatBytes } from "../util/hex.ts";

const VERSION = 1;
/** 10,000 miners, as many routers, and 64 validators. */
const MAX_SLOTS = 20_064;
const MAX_LEAVES = 0xffff;
const MAX_PROOF_BYTES = 8192;
/** What inflates to more is nobody's report. */
const MAX_BYTES = 7 + 2 * MAX_SLOTS + 2 * MAX_LEAVES + MAX_PROOF_BYTES;
const ABSENT = 0xffff;

/** Highest half class: class 10. */
export const MAX_HALF_CLASS = 20;
/** More audits of one node in one epoch count as this many. */
export const MAX_AUDITS = 15;

/** What a validator saw of one node in one epoch; what it did not look at is undefined. */
export interface Observation {
  readonly answered?: boolean | undefined;
  /** Twice the measured class, rounded down: 0 to 20. Two of these steps are a class. */
  readonly halfClass?: number | undefined;
  /** Audits, at most 15 each. None of either says nothing. */
  readonly fails: number;
  readonly passes: number;
  /** Evidence that the node earns nothing in this epoch: a receipt was hidden, a transcript withheld. */
  readonly forfeits: boolean;
}

export interface Report {
  /** By the node's index in the registry. */
  readonly nodes: readonly (Observation | undefined)[];
  /** For each drawn leaf the mean log-probability of its output ids, negated, in 1/256 nat; undefined where not replayed. */
  readonly replays: readonly (number | undefined)[];
  /** The drawn pongs that the validator can show, as its peers read them. */
  readonly proofs: Uint8Array;
}

/** A report as it is sealed: two bytes a node and two a leaf, compressed. Throws a plain `Error` on what no report holds. */
export function encodeReport({ nodes, replays, proofs }: Report): Uint8Array {
  if (nodes.length > MAX_SLOTS || replays.length > MAX_LEAVES || proofs.length > MAX_PROOF_BYTES)
    throw new Error("the report is too large");
  const bytes = Buffer.alloc(7 + 2 * nodes.length + 2 * replays.length);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeUInt16BE(nodes.length, 1);
  bytes.writeUInt16BE(replays.length, 3);
  bytes.writeUInt16BE(proofs.length, 5);
  // All first bytes, then all second: nodes mostly look alike.
  for (const [at, node] of nodes.entries()) {
    if (node === undefined) continue;
    bytes.writeUInt8(firstByte(node), 7 + at);
    bytes.writeUInt8(secondByte(node), 7 + nodes.length + at);
  }
  const from = 7 + 2 * nodes.length;
  for (const [at, value] of replays.entries()) {
    bytes.writeUInt16BE(value === undefined ? ABSENT : Math.min(value, ABSENT - 1), from + 2 * at);
  }
  return new Uint8Array(deflateRawSync(concatBytes(bytes, proofs), { level: 9 }));
}

/** Undefined when the bytes are not a report: such a validator is taken to have seen nothing. */
export function decodeReport(sealed: Uint8Array): Report | undefined {
  const bytes = inflated(sealed);
  if (bytes === undefined || bytes.length < 7 || bytes.readUInt8(0) !== VERSION) return undefined;
  const [slots, leaves, proofBytes] = [bytes.readUInt16BE(1), bytes.readUInt16BE(3), bytes.readUInt16BE(5)];
  if (slots > MAX_SLOTS || bytes.length !== 7 + 2 * slots + 2 * leaves + proofBytes) return undefined;
  const nodes: (Observation | undefined)[] = [];
  for (let at = 0; at < slots; at += 1) {
    const first = bytes.readUInt8(7 + at);
    const second = bytes.readUInt8(7 + slots + at);
    if ((first & 3) === 3 || ((first >> 2) & 31) > MAX_HALF_CLASS + 1) return undefined;
    nodes.push(first === 0 && second === 0 ? undefined : observation(first, second));
  }
  const from = 7 + 2 * slots;
  const replays = Array.from({ length: leaves }, (_, at) => {
    const value = bytes.readUInt16BE(from + 2 * at);
    return value === ABSENT ? undefined : value;
  });
  return { nodes, replays, proofs: new Uint8Array(bytes.subarray(from + 2 * leaves)) };
}

/** Two bits for the answer, five for the class, one for evidence. */
function firstByte({ answered, halfClass, forfeits }: Observation): number {
  if (halfClass !== undefined && !(Number.isInteger(halfClass) && halfClass >= 0 && halfClass <= MAX_HALF_CLASS))
    throw new Error(`${halfClass} is no half class`);
  const answer = answered === undefined ? 0 : answered ? 2 : 1;
  return answer | ((halfClass === undefined ? 0 : halfClass + 1) << 2) | (forfeits ? 128 : 0);
}

function secondByte({ fails, passes }: Observation): number {
  return (Math.min(fails, MAX_AUDITS) << 4) | Math.min(passes, MAX_AUDITS);
}

function observation(first: number, second: number): Observation {
  const answer = first & 3;
  const halfClass = (first >> 2) & 31;
  return {
    answered: answer === 0 ? undefined : answer === 2,
    halfClass: halfClass === 0 ? undefined : halfClass - 1,
    fails: second >> 4,
    passes: second & 15,
    forfeits: first >= 128,
  };
}

function inflated(bytes: Uint8Array): Buffer | undefined {
  try {
    return inflateRawSync(bytes, { maxOutputLength: MAX_BYTES });
  } catch {
    return undefined;
  }
}
