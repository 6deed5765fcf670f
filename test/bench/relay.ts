import { load, startNetwork, startNginx, startPortkey, startUpstream, type Target } from "./processes.ts";

const CONNECTIONS = 32;
const STREAM_TOKENS = 64;

export interface RelayFigures {
  readonly requestsPerSecond: number;
  readonly p50OneMs: number;
  readonly addedP50OneMs: number;
  readonly streamedTokensPerSecond: number | undefined;
  readonly failed: number;
  readonly failure: string | undefined;
}

const bodyOf = (more: object): string =>
  JSON.stringify({ model: "scripted", messages: [{ role: "user", content: "What is a river?" }], ...more });

/** The three loads that every target gets. */
const LOADS = {
  whole: { body: bodyOf({ max_tokens: 1 }), connections: CONNECTIONS },
  one: { body: bodyOf({ max_tokens: 1 }), connections: 1 },
  stream: { body: bodyOf({ max_tokens: STREAM_TOKENS, stream: true }), connections: CONNECTIONS },
};
type LoadName = keyof typeof LOADS;
const NAMES = Object.keys(LOADS) as LoadName[];

/**
 * The router against other gateways, in turns within one run, so that whatever else the machine does meets all alike. Each
 * figure is the median of the rounds.
 */
export async function relay({
  rounds,
  seconds,
  only,
}: {
  readonly rounds: number;
  readonly seconds: number;
  readonly only: readonly string[] | undefined;
}): Promise<Record<string, RelayFigures>> {
  const upstream = await startUpstream();
  const targets = new Map<string, Target>([["direct", upstream]]);
  const wanted = (name: string): boolean => only === undefined || only.includes(name);
  try {
    if (wanted("nginx")) targets.set("nginx", await startNginx(upstream.port));
    if (wanted("portkey")) targets.set("portkey", await startPortkey(upstream.port));
    if (wanted("cortensor"))
      targets.set(
        "cortensor",
        await startNetwork({ miners: 1, script: `rate=0,length=${2 * STREAM_TOKENS}`, slots: 2 * CONNECTIONS }),
      );
    for (const target of targets.values())
      for (const name of loadsOf(target)) await load({ ...askOf(target, name), seconds: seconds / 2 });
    const measured = await measure(targets, { rounds, seconds });
    return figures(measured);
  } finally {
    for (const target of targets.values()) await target.stop();
  }
}

const loadsOf = ({ streams }: Target): readonly LoadName[] =>
  NAMES.filter((name) => name !== "stream" || streams !== false);
const askOf = ({ url, headers }: Target, name: LoadName) => ({ url, headers, ...LOADS[name] });

type Measured = Map<string, Record<LoadName, number[]> & { failed: number; failure: string | undefined }>;

async function measure(
  targets: ReadonlyMap<string, Target>,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<Measured> {
  const measured: Measured = new Map();
  for (let round = 0; round < rounds; round += 1)
    for (const name of NAMES)
      for (const [target, one] of targets) {
        if (!loadsOf(one).includes(name)) continue;
        const result = await load({ ...askOf(one, name), seconds: name === "one" ? seconds / 2 : seconds });
        const row = measured.get(target) ?? { whole: [], one: [], stream: [], failed: 0, failure: undefined };
        row[name].push(name === "one" ? result.p50Ms : result.perSecond);
        row.failed += result.failed;
        row.failure ??= result.failure;
        measured.set(target, row);
      }
  return measured;
}

function figures(measured: Measured): Record<string, RelayFigures> {
  const direct = median(measured.get("direct")?.one ?? []);
  return Object.fromEntries(
    [...measured].map(([target, { whole, one, stream, failed, failure }]) => [
      target,
      {
        requestsPerSecond: median(whole),
        p50OneMs: median(one),
        addedP50OneMs: median(one) - direct,
        streamedTokensPerSecond: stream.length === 0 ? undefined : median(stream) * STREAM_TOKENS,
        failed,
        failure,
      },
    ]),
  );
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
