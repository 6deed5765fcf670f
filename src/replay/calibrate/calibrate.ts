import type { Engine } from "../../engine/interface.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { highestLimits, honestLimits } from "../../protocol/honestLimits.ts";
import type { PositionMargin } from "../../protocol/margin.ts";
import { summary } from "../../protocol/marginSummary.ts";
import type { MeasuredWriter, ThresholdBand, ThresholdCard } from "../../protocol/thresholdCard.ts";
import { judge, type Waiting } from "../../protocol/verdict.ts";
import { seededRandom } from "../../util/random.ts";
import { BAND_KINDS, type BandKind, type EngineKind, type HonestKind, honestKinds, type Sampling } from "./kinds.ts";
import { measure } from "./measure.ts";

export interface CalibrateOptions {
  readonly threads: number;
  /** What a dishonest miner may serve in place of the model: a name for the table, and its file. */
  readonly against: readonly { readonly name: string; readonly file: string }[];
  /** A few answers, to try it out: the limits are wide, as little was seen. */
  readonly quick: boolean;
  readonly signal: AbortSignal;
  onProgress(text: string): void;
}

export interface CalibrateDeps {
  /** A started engine of a file; of the model itself when there is none. */
  open(kind: EngineKind, file?: string): Promise<Engine>;
}

/** The answers of one writer with one set of parameters: margins by task. */
interface Found {
  readonly writer: string;
  readonly honest: boolean;
  readonly sampling: Sampling;
  readonly tasks: readonly (readonly PositionMargin[])[];
}

const CHEAT_ONE_OF = 2;
const QUICK_ONE_OF = 12;

/**
 * Measures how far honest answers of a model are from a replay, over all kinds of honest runs that one machine can show,
 * and sets the limits of its threshold card there. What dishonest writers reach stands beside it and moves no limit.
 */
export async function calibrate(options: CalibrateOptions, deps: CalibrateDeps): Promise<ThresholdCard> {
  const kinds = honestKinds(options.threads);
  const verifier = await deps.open(kinds[0]);
  try {
    const found: Found[] = [];
    for (const kind of options.quick ? kinds.slice(0, 2) : kinds)
      found.push(...(await honestAnswers(kind, { ...options, deps, verifier })));
    for (const cheat of options.against) found.push(...(await otherAnswers(cheat, { ...options, deps, verifier })));
    const bands = BAND_KINDS.map((band) => bandFrom(band, found));
    return { version: 1, modelId: verifier.model.modelId, bands };
  } finally {
    await verifier.stop();
  }
}

interface Run extends CalibrateOptions {
  readonly deps: CalibrateDeps;
  readonly verifier: Engine;
}

async function honestAnswers(kind: HonestKind, run: Run): Promise<Found[]> {
  const writer = await run.deps.open(kind);
  const asked = run.quick ? { oneOf: QUICK_ONE_OF, rounds: 1 } : {};
  return await answers({ ...kind, ...asked, honest: true }, { ...run, writer });
}

async function otherAnswers({ name, file }: { name: string; file: string }, run: Run): Promise<Found[]> {
  const [usual] = honestKinds(run.threads);
  const writer = await run.deps.open(usual, file);
  const { vocabularySize } = run.verifier.model;
  if (writer.model.vocabularySize !== vocabularySize) {
    await writer.stop();
    throw new CortensorError("option-value", `${name} has another vocabulary, so its answers can never pass`, {
      why: [["found", `${writer.model.vocabularySize} tokens, and the model has ${vocabularySize}`]],
    });
  }
  const oneOf = run.quick ? QUICK_ONE_OF : CHEAT_ONE_OF;
  return await answers({ ...usual, name, oneOf, rounds: 1, honest: false }, { ...run, writer });
}

/** What a writer answers with the parameters of every band. Stops the writer. */
async function answers(
  asked: Omit<HonestKind, keyof EngineKind> & { readonly honest: boolean },
  run: Run & { readonly writer: Engine },
): Promise<Found[]> {
  const { rounds, honest, name: writer, ...asking } = asked;
  const samplings = BAND_KINDS.flatMap((band) => band.samplings);
  const found: Found[] = [];
  try {
    for (const [index, sampling] of samplings.entries()) {
      run.onProgress(`${writer}, ${index + 1} of ${samplings.length} sets of parameters`);
      const tasks: PositionMargin[][] = [];
      for (let round = 0; round < rounds; round += 1)
        tasks.push(...(await measure({ ...asking, sampling, round }, run)));
      found.push({ writer, honest, sampling, tasks });
    }
  } finally {
    await run.writer.stop();
  }
  return found;
}

function bandFrom({ temperature, cuts, samplings }: BandKind, all: readonly Found[]): ThresholdBand {
  const found = all.filter(({ sampling }) => samplings.includes(sampling));
  const limits = highestLimits(
    samplings.map((sampling) => limitsOf(found.filter((each) => each.sampling === sampling))),
  );
  const band = { temperature, cuts, limits };
  const writers = [...new Set(found.map(({ writer }) => writer))];
  const measured = writers.map((writer) =>
    measuredOf(
      found.filter((each) => each.writer === writer),
      band,
    ),
  );
  return { ...band, measured };
}

/** Runs that are equal to the last bit say nothing of the noise, and would only make it look rarer than it is. */
function limitsOf(found: readonly Found[]): ThresholdBand["limits"] {
  const honest = found
    .filter((each) => each.honest)
    .map(({ tasks }) => tasks.flat().map(({ marginNats }) => marginNats));
  const noisy = honest.filter((margins) => margins.some((margin) => margin > 0));
  return honestLimits((noisy.length > 0 ? noisy : honest).flat(), seededRandom("calibrate"));
}

function measuredOf(found: readonly Found[], band: ThresholdBand): MeasuredWriter {
  const tasks = found.flatMap((each) => each.tasks);
  const { tokens, matches, meanMarginNats } = summary(tasks.flat());
  return {
    writer: found[0]?.writer ?? "",
    honest: found[0]?.honest ?? false,
    tokens,
    matchShare: digits(tokens === 0 ? 0 : matches / tokens),
    meanMarginNats: digits(meanMarginNats),
    largestNats: digits(tasks.flat().reduce((most, { marginNats }) => Math.max(most, marginNats), 0)),
    failShare: digits(failShare(tasks, band)),
  };
}

function failShare(tasks: readonly (readonly PositionMargin[])[], band: ThresholdBand): number {
  const counts = { pass: 0, fail: 0, inconclusive: 0 };
  let waiting: Waiting | undefined;
  for (const task of tasks) {
    const judged = judge(summary(task), band, waiting);
    counts[judged.verdict] += 1;
    waiting = judged.waiting;
  }
  return counts.fail === 0 ? 0 : counts.fail / (counts.fail + counts.pass);
}

function digits(value: number): number {
  return Math.round(value * 1e5) / 1e5;
}
