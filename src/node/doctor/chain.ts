import { createChain } from "../../chain/index.ts";
import type { Chain, NetworkPreset } from "../../chain/interface.ts";
import { LOCAL } from "../../config/index.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { createSilentLog } from "../../observability/log.ts";
import { formatCor } from "../../util/money.ts";
import type { Clock } from "../../util/types.ts";
import { holderOf } from "../lock.ts";
import { type Finding, failed, findingOf, ok, skipped, warn } from "./finding.ts";
import type { Check, DoctorGround } from "./ground.ts";

const FRESH_MS = 1500;
const SKEW_S = 2;
const LOW_GAS_WEI = 10n ** 15n;

/** Every endpoint answers and is of this network's chain; the clock agrees with it; the nodes can pay. */
export const chain: Check = async (ground) => {
  const { preset } = ground;
  if (preset instanceof CortensorError)
    return [
      preset.code === "network-unknown"
        ? skipped("chain", `${preset.message}: ${preset.details.try ?? ""}`)
        : findingOf("chain", preset),
    ];
  const opened = await Promise.all(preset.rpc.map((url) => open(preset, url, ground.clock)));
  const chains = opened.flatMap((one) => (one.chain === undefined ? [] : [one.chain]));
  try {
    const [first] = chains;
    // One of several that is away is no more than a warning.
    const lines = opened.map(({ finding }) =>
      first !== undefined && finding.isNetwork === true ? warn("chain", finding.detail, finding.try) : finding,
    );
    if (first === undefined) return isStopped(ground, lines) ? [stopped()] : lines;
    return [...lines, await clockOf(first, ground.clock), ...(await gasOf(first, ground))];
  } finally {
    await Promise.all(chains.map((one) => one.stop()));
  }
};

/** The practice chain of this home is away for the best of reasons: nothing was started. */
function isStopped({ preset, home, facts }: DoctorGround, lines: readonly Finding[]): boolean {
  const isLocal = !(preset instanceof CortensorError) && preset.name === LOCAL;
  const isAway = lines.every(({ isNetwork }) => isNetwork === true);
  return isLocal && isAway && facts.length === 0 && holderOf(home, "fleet") === undefined;
}

function stopped(): Finding {
  return warn("chain", "the practice network of this home does not run", "cortensor up");
}

async function open(
  preset: NetworkPreset,
  url: string,
  clock: Clock,
): Promise<{ readonly finding: Finding; readonly chain?: Chain }> {
  const chain = createChain({ preset: { ...preset, rpc: [url] } }, { log: createSilentLog(), clock });
  try {
    await chain.start();
    const { number } = chain.head();
    return {
      finding: ok("chain", `${new URL(url).host} is chain ${preset.chainId}, block ${number.toLocaleString("en")}`),
      chain,
    };
  } catch (error) {
    await chain.stop();
    const finding = findingOf("chain", error);
    return { finding: finding.isNetwork === true && preset.practice ? { ...finding, try: "cortensor up" } : finding };
  }
}

async function clockOf(chain: Chain, clock: Clock): Promise<Finding> {
  const nowS = clock.now() / 1000;
  const { timestamp } = chain.head();
  if (timestamp - nowS > SKEW_S) return clockSkew(nowS - timestamp);
  const fresh = await nextBlock(chain, clock);
  return fresh === undefined
    ? skipped("clock", "no new block to compare it with")
    : clockSkew(clock.now() / 1000 - fresh);
}

/** `aheadS`: how far this machine's clock is ahead of a block that has just come, in seconds. */
export function clockSkew(aheadS: number): Finding {
  const seconds = `${Math.abs(aheadS).toFixed(1)} s`;
  if (Math.abs(aheadS) <= SKEW_S) return ok("clock", `within ${SKEW_S} s of the chain`);
  return warn("clock", `this machine's clock is ${seconds} ${aheadS > 0 ? "ahead of" : "behind"} the chain's`, null);
}

/** The time of the next block, if it comes soon. */
function nextBlock(chain: Chain, clock: Clock): Promise<number | undefined> {
  return new Promise((resolve) => {
    const off = chain.onHead(({ timestamp }) => end(timestamp));
    const cancel = clock.after(FRESH_MS, () => end(undefined));
    function end(timestamp: number | undefined): void {
      off();
      cancel();
      resolve(timestamp);
    }
  });
}

async function gasOf(chain: Chain, { records }: DoctorGround): Promise<Finding[]> {
  return Promise.all(
    records.map(async ({ name, address }) => {
      const [{ gasWei }, record] = await Promise.all([chain.balance(address), chain.node(address)]);
      if (record === undefined) return warn("registry", `${name} is not registered`, `cortensor node register ${name}`);
      return gas(name, gasWei);
    }),
  );
}

export function gas(node: string, gasWei: bigint): Finding {
  const detail = `${node} has ${formatCor(gasWei, "balance")} for transactions`;
  const fix = `cortensor wallet fund ${node}`;
  if (gasWei === 0n) return failed("gas", `${node} has nothing for transactions`, fix);
  return gasWei < LOW_GAS_WEI ? warn("gas", detail, fix) : ok("gas", detail);
}
