/** One call to an anvil on this machine. Throws what fetch throws, or an `Error` with the message of the answer. */
export async function jsonRpc(
  url: string,
  method: string,
  { params = [], timeoutMs = 10_000 }: CallOptions = {},
): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const answer = (await response.json()) as { result?: unknown; error?: { message?: string } };
  if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message ?? "failed"}`);
  return answer.result;
}

interface CallOptions {
  readonly params?: readonly unknown[];
  readonly timeoutMs?: number;
}
