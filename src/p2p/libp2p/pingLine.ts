import type { Connection } from "@libp2p/interface";

const PING_PROTOCOL = "/ipfs/ping/1.0.0";
const PING_BYTES = 32;

/** One round trip of the ping protocol in milliseconds, with fractions; the library's own service counts whole ones. */
export async function pingLine(connection: Connection, signal: AbortSignal): Promise<number> {
  const stream = await connection.newStream(PING_PROTOCOL, { signal });
  const answered = Promise.withResolvers<number>();
  const giveUp = (): void => answered.reject(signal.reason);
  let missing = PING_BYTES;
  const startedAt = performance.now();
  stream.addEventListener("message", ({ data }) => {
    missing -= data.byteLength;
    if (missing <= 0) answered.resolve(performance.now() - startedAt);
  });
  stream.addEventListener("close", ({ error }) => answered.reject(error ?? new Error("the connection was lost")));
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    stream.send(crypto.getRandomValues(new Uint8Array(PING_BYTES)));
    return await answered.promise;
  } finally {
    signal.removeEventListener("abort", giveUp);
    stream.abort(new Error("done"));
  }
}
