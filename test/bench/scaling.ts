import { load, startNetwork } from "./processes.ts";

const RATE = 100;
const SLOTS = 8;
const TOKENS = 64;

export interface ScalingFigures {
  readonly miners: number;
  readonly tokensPerSecond: number;
  /** Of what the miners' speed and slots allow. */
  readonly share: number;
}

/** Streamed tokens a second through one router, against miners that each answer `SLOTS` requests at `RATE` tokens a second. */
export async function scaling({ seconds }: { readonly seconds: number }): Promise<ScalingFigures[]> {
  const rows: ScalingFigures[] = [];
  for (const miners of [1, 2, 3, 4]) {
    const network = await startNetwork({ miners, script: `rate=${RATE},length=${TOKENS}`, slots: SLOTS });
    try {
      const body = JSON.stringify({
        model: "scripted",
        messages: [{ role: "user", content: "What is a river?" }],
        max_tokens: TOKENS,
        stream: true,
      });
      const { url, headers } = network;
      const ask = { url, headers, body, connections: miners * SLOTS };
      // A router gives a new miner one order at first and learns how many it can take.
      await load({ ...ask, seconds: 2 * seconds });
      const { perSecond } = await load({ ...ask, seconds: 2 * seconds });
      const tokensPerSecond = perSecond * TOKENS;
      rows.push({ miners, tokensPerSecond, share: tokensPerSecond / (miners * SLOTS * RATE) });
    } finally {
      await network.stop();
    }
  }
  return rows;
}
