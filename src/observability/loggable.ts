import { CortensorError } from "../errors/cortensorError.ts";

/** Lower case, without `_` and `-`. Keys of this name are blanked at any depth. */
const SECRETS = new Set([
  "password",
  "privatekey",
  "apikey",
  "authorization",
  "secret",
  "mnemonic",
  "prompt",
  "messages",
  "input",
]);
const MAX_DEPTH = 6;
const MAX_ITEMS = 50;
const MAX_TEXT = 4_000;

/**
 * A copy that JSON can hold and a stranger may read: secrets and prompts blanked, bigints as decimal text, bytes as their
 * length, errors as records, and everything cut to a size that keeps a log line a line.
 */
export function loggable(value: unknown): unknown {
  return copy(value, 0);
}

function copy(value: unknown, depth: number): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "string") {
    return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}… (${value.length} characters)` : value;
  }
  if (typeof value === "function" || typeof value === "symbol") return `(${typeof value})`;
  return typeof value === "object" && value !== null ? copyObject(value, depth) : value;
}

function copyObject(value: object, depth: number): unknown {
  if (value instanceof Error) return copyError(value, depth);
  if (value instanceof Uint8Array) return `(${value.byteLength} bytes)`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "(invalid date)" : value.toISOString();
  if (depth >= MAX_DEPTH) return "(deeper)";
  if (value instanceof Map) return copyObject(Object.fromEntries(value), depth);
  if (value instanceof Set) return copyObject([...value], depth);
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map((item) => copy(item, depth + 1));
    return value.length > MAX_ITEMS ? [...items, `(${value.length} items)`] : items;
  }
  const entries = Object.entries(value).slice(0, MAX_ITEMS);
  return Object.fromEntries(
    entries.map(([key, inner]) => [key, isSecret(key, inner) ? "(hidden)" : copy(inner, depth + 1)]),
  );
}

function copyError(error: Error, depth: number): unknown {
  const seen =
    error instanceof CortensorError
      ? { code: error.code, why: error.details.why, data: error.details.data }
      : codeOf(error);
  return {
    name: error.name,
    message: error.message,
    ...(copy(seen, depth + 1) as object),
    stack: error.stack,
    ...(error.cause === undefined || depth >= MAX_DEPTH ? {} : { cause: copy(error.cause, depth + 1) }),
  };
}

function codeOf(error: Error): { code?: unknown } {
  return "code" in error ? { code: error.code } : {};
}

/** A count under such a name, as in `messages: 3`, tells nothing. */
function isSecret(key: string, value: unknown): boolean {
  if (value === undefined || typeof value === "number" || typeof value === "boolean") return false;
  return SECRETS.has(key.toLowerCase().replaceAll(/[_-]/g, ""));
}
