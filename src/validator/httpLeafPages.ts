import { CortensorError } from "../errors/cortensorError.ts";
import type { Address } from "../util/types.ts";
import { type LeafPages, PAGE_LEAVES } from "./leafList.ts";

const ASK_MS = 10_000;
/** A page of leaves is a quarter of it. */
const MOST_BYTES = 8 * 1_048_576;

/** The lists of routers at the HTTP addresses that they announced. */
export const httpLeafPages: LeafPages = {
  async page({ address, addresses }, { epoch, after }, signal) {
    const base = addresses.find((each) => URL.canParse(each) && /^https?:/.test(each));
    if (base === undefined) throw unreachable(address, "has no HTTP address");
    const url = new URL(`/api/v1/epochs/${epoch}`, base);
    url.searchParams.set("limit", String(PAGE_LEAVES));
    if (after !== undefined) url.searchParams.set("after", after);
    try {
      const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(ASK_MS)]) });
      if (!answer.ok) throw unreachable(address, `answers HTTP ${answer.status} at ${url.href}`);
      return JSON.parse(await textOf(answer, address)) as unknown;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof CortensorError) throw error;
      throw unreachable(address, `does not answer at ${url.href}`, error);
    }
  },
};

async function textOf(answer: Response, address: Address): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw unreachable(address, `answers more than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function unreachable(address: Address, what: string, cause?: unknown): CortensorError {
  return new CortensorError("peer-unreachable", `the router ${address} ${what}`, { data: { node: address }, cause });
}
