import { cpus } from "node:os";
import { join } from "node:path";
import { readJson, writeJson } from "../util/jsonFile.ts";
import type { Hex } from "../util/types.ts";

export interface TuneOptions {
  readonly modelId: Hex;
  /** Where results are remembered, one file per model; without it every start measures. */
  readonly folder?: string | undefined;
  /** Processor and number of cores; a result counts for one machine only. */
  readonly machine?: { readonly processor: string; readonly cores: number };
  readonly signal?: AbortSignal | undefined;
}

/** How fast the model is with so many threads, in tokens a second; may be rough when that is clearly below `best`. */
export type MeasureThreads = (threads: number, best: number) => Promise<number>;

export interface Tuned {
  readonly threads: number;
  /** What was measured, in order of threads. */
  readonly tokensPerSecond: readonly (readonly [threads: number, rate: number])[];
  /** Whether it was known from an earlier start. */
  readonly remembered: boolean;
}

/** More threads must be this much quicker to be worth them. */
const WORTH = 1.05;

/**
 * The number of threads with which the model is quickest. It must be measured: on virtual machines, two threads can be
 * twelve times slower than one. Goes up from 1 and stops at the first that is slower than the best before it.
 */
export async function tuneThreads(options: TuneOptions, measure: MeasureThreads): Promise<Tuned> {
  const machine = options.machine ?? thisMachine();
  const memory = options.folder === undefined ? undefined : join(options.folder, `${options.modelId}.json`);
  const known = memory === undefined ? undefined : await recall(memory, machine);
  if (known !== undefined) return { ...known, remembered: true };
  const tokensPerSecond: [number, number][] = [];
  let threads = 1;
  let best = 0;
  for (const count of steps(machine.cores)) {
    options.signal?.throwIfAborted();
    const rate = await measure(count, best);
    tokensPerSecond.push([count, Math.round(rate * 10) / 10]);
    if (rate < best) break;
    if (rate <= best * WORTH) continue;
    threads = count;
    best = rate;
  }
  if (memory !== undefined) await writeJson(memory, { machine, threads, tokensPerSecond });
  return { threads, tokensPerSecond, remembered: false };
}

/** 1, 2, 3, 4, 6, 8, 12, 16 and so on, and all of them. */
function steps(cores: number): number[] {
  const counts = [1];
  for (let step = 2; step < cores; step *= 2)
    counts.push(step, ...(step * 1.5 < cores && step > 1 ? [step * 1.5] : []));
  if (cores > 1) counts.push(cores);
  return counts;
}

function thisMachine(): { processor: string; cores: number } {
  const all = cpus();
  return { processor: all[0]?.model ?? "unknown", cores: Math.max(1, all.length) };
}

/** What is remembered, if it is of this machine and can be read. */
async function recall(
  file: string,
  machine: { processor: string; cores: number },
): Promise<Omit<Tuned, "remembered"> | undefined> {
  const value = (await readJson(file).catch(() => undefined)) as
    | Partial<Tuned & { machine: typeof machine }>
    | undefined;
  if (value?.machine?.processor !== machine.processor || value.machine.cores !== machine.cores) return undefined;
  if (!Number.isInteger(value.threads) || (value.threads ?? 0) < 1) return undefined;
  return { threads: value.threads ?? 1, tokensPerSecond: value.tokensPerSecond ?? [] };
}
