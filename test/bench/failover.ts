import { startNetwork, type Network } from "./processes.ts";

const RATE = 100;
const TOKENS = 100;
const KILL_AFTER = 30;

export interface FailoverFigures {
  /** As the client sees it, one a try: from the last text of the killed miner to the first of the next. */
  readonly gapsMs: readonly number[];
  /** Why there is no figure. */
  readonly unavailable: string | undefined;
}

/** Kills the miner in the middle of an answer. */
export async function failover({ tries }: { readonly tries: number }): Promise<FailoverFigures> {
  const network = await startNetwork({ miners: 3, script: `rate=${RATE},length=${TOKENS}`, slots: 4 });
  try {
    const gapsMs: number[] = [];
    for (let at = 0; at < tries; at += 1) {
      const gap = await once(network);
      if (typeof gap === "string") return { gapsMs, unavailable: gap };
      gapsMs.push(gap);
    }
    return { gapsMs, unavailable: undefined };
  } finally {
    await network.stop();
  }
}

async function once({ url, headers, record }: Network): Promise<number | string> {
  const reply = await fetch(url, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ messages: [{ role: "user", content: "Tell me." }], max_tokens: TOKENS, stream: true }),
  });
  const miner = reply.headers.get("x-cortensor-miner");
  const pid = record.nodes.find(({ address }) => address === miner)?.pid;
  if (reply.body === null || pid === undefined) return `no miner answered: ${reply.status} ${await reply.text()}`;
  let killed = false;
  let events = 0;
  let lastAt = performance.now();
  let longestMs = 0;
  let text = "";
  for await (const part of reply.body.pipeThrough(new TextDecoderStream())) {
    const now = performance.now();
    if (killed) longestMs = Math.max(longestMs, now - lastAt);
    lastAt = now;
    text += part;
    events += part.split('"content"').length - 1;
    if (killed || events < KILL_AFTER) continue;
    killed = true;
    process.kill(pid, "SIGKILL");
  }
  if (!text.includes('"finish_reason":"length"') && !text.includes('"finish_reason":"stop"'))
    return `the answer broke off: ${text.slice(-300).trim()}`;
  return longestMs;
}
