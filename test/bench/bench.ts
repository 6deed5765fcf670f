import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { failover, type FailoverFigures } from "./failover.ts";
import { relay, type RelayFigures } from "./relay.ts";
import { scaling, type ScalingFigures } from "./scaling.ts";

const PARTS = ["relay", "scaling", "failover"];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "3" },
    only: { type: "string" },
  },
});
const parts = positionals.length === 0 ? PARTS : positionals;
const unknown = parts.filter((part) => !PARTS.includes(part));
if (unknown.length > 0) throw new Error(`${unknown.join(", ")}: the parts are ${PARTS.join(", ")}`);

const seconds = Number(values.seconds);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

await promisify(execFile)("npm", ["run", "--silent", "build"]);
const machine = { cores: availableParallelism(), cpu: cpus()[0]?.model, node: process.version };
say(`${machine.cores} cores, ${machine.cpu}, Node ${machine.node}\n`);
const results: Record<string, unknown> = { at: new Date().toISOString(), machine };
if (parts.includes("relay")) {
  const figures = await relay({ rounds: Number(values.rounds), seconds, only: values.only?.split(",") });
  showRelay(figures);
  results.relay = figures;
}
if (parts.includes("scaling")) {
  const figures = await scaling({ seconds });
  showScaling(figures);
  results.scaling = figures;
}
if (parts.includes("failover")) {
  const figures = await failover({ tries: 3 });
  showFailover(figures);
  results.failover = figures;
}
await writeFile(join(import.meta.dirname, "last.json"), `${JSON.stringify(results, undefined, 2)}\n`);

function showRelay(figures: Record<string, RelayFigures>): void {
  say("32 connections; whole answers of one token, streams of 64; `added` is against direct, at one connection\n");
  say(row(["", "requests/s", "p50 ms", "added ms", "tokens/s", "failed"]));
  for (const [name, each] of Object.entries(figures)) {
    const { requestsPerSecond, p50OneMs, addedP50OneMs, streamedTokensPerSecond, failed } = each;
    const cells = [requestsPerSecond.toFixed(0), p50OneMs.toFixed(2), addedP50OneMs.toFixed(2)];
    say(row([name, ...cells, streamedTokensPerSecond?.toFixed(0) ?? "none", String(failed)]));
    if (each.failure !== undefined) say(`  ${each.failure.slice(0, 300)}`);
  }
  const { cortensor, portkey, nginx } = figures;
  if (cortensor !== undefined && portkey !== undefined)
    say(`\nrequests/s of portkey's: ${(cortensor.requestsPerSecond / portkey.requestsPerSecond).toFixed(2)}`);
  const [ours = Number.NaN, theirs = Number.NaN] = [cortensor, nginx].map((each) => each?.streamedTokensPerSecond);
  say(`tokens/s of nginx's: ${(ours / theirs).toFixed(3)}`);
  say("");
}

function showScaling(figures: readonly ScalingFigures[]): void {
  say(row(["miners", "tokens/s", "of possible"]));
  for (const { miners, tokensPerSecond, share } of figures)
    say(row([String(miners), tokensPerSecond.toFixed(0), `${(100 * share).toFixed(0)}%`]));
  say("");
}

function showFailover({ gapsMs, unavailable }: FailoverFigures): void {
  if (unavailable === undefined) say(`failover gap: ${gapsMs.map((ms) => ms.toFixed(0)).join(", ")} ms`);
  else say(`failover gap: not available: ${unavailable}`);
}

function row(cells: readonly string[]): string {
  return cells.map((cell, at) => (at === 0 ? cell.padEnd(12) : cell.padStart(12))).join("");
}
