import type { Hex } from "../../util/types.ts";

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

/** What is needed to know a block again. */
export interface BlockHead {
  readonly number: number;
  readonly hash: Hex;
}

/** The newest block. */
export async function head(url: string): Promise<BlockHead> {
  const block = await readBlock(url, "latest");
  if (block === undefined) throw new Error("the embedded chain has no block");
  return block;
}

export async function readBlock(url: string, tag: string): Promise<BlockHead | undefined> {
  const raw = (await jsonRpc(url, "eth_getBlockByNumber", { params: [tag, false] })) as Record<string, string> | null;
  if (raw === null) return undefined;
  return { number: Number(raw.number), hash: raw.hash as Hex };
}
