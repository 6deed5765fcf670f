/** Why libp2p could not do something, as words. It rejects with errors, `ErrorEvent`s of a WebSocket, and errors of errors. */
export function reasonOf(failure: unknown): string {
  const texts = textsOf(failure, 0);
  const all = texts.join("\n");
  const known = KNOWN.find(([pattern]) => pattern.test(all));
  return known?.[1] ?? texts[0] ?? UNKNOWN_REASON;
}

export const UNKNOWN_REASON = "the connection failed";

const KNOWN: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/EADDRINUSE/, "the port is in use"],
  [/ECONNREFUSED/, "nothing listens there"],
  [/ENOTFOUND|EAI_AGAIN|ENODATA/, "its name was not found"],
  [/EHOSTUNREACH|ENETUNREACH/, "there is no way to its host"],
  [/ETIMEDOUT|TimeoutError|timed out|operation was aborted/i, "no answer in time"],
  [/UnsupportedProtocolError/, "it does not speak this protocol"],
  [
    /Payload identity key .* does not match|UnexpectedPeerError|expected remote peer|InvalidPeerIdError.*match/i,
    "another node answers there",
  ],
  [/Can not dial self|Tried to dial self/i, "that is this node"],
  [
    /UnexpectedEOFError|Unexpected EOF|StreamResetError|ECONNRESET|EPIPE|ConnectionClosedError|MuxerClosedError/,
    "it closed the connection",
  ],
  [/EncryptionFailedError/, "the handshake failed"],
];

function textsOf(failure: unknown, depth: number): string[] {
  if (typeof failure === "string") return [failure];
  if (depth > 4 || typeof failure !== "object" || failure === null) return [];
  const { name, code, message, error, cause, errors } = failure as Partial<Record<string, unknown>>;
  const inner = [error, cause, ...(Array.isArray(errors) ? errors : [])].flatMap((one) => textsOf(one, depth + 1));
  // An ErrorEvent and what it carries have empty messages; the names alone tell nothing.
  const own = isText(message) ? [message] : [];
  return own.length + inner.length === 0 ? [] : [...own, ...inner, ...[name, code].filter(isText)];
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
