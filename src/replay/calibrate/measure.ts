import type { Candidate, Engine } from "../../engine/interface.ts";
import { marginsOf, type PositionMargin } from "../../protocol/margin.ts";
import { promptIds } from "../../protocol/promptIds.ts";
import type { SamplerOptions } from "../../protocol/sampler.ts";
import type { Sampling } from "./kinds.ts";
import { QUESTIONS, SHARED_TEXT } from "./questions.ts";
import { writeAnswer } from "./writeAnswer.ts";

/** One writer with one set of parameters, asked some questions. */
export interface Asking {
  readonly sampling: Sampling;
  readonly prefix: boolean;
  readonly resumed: number;
  /** Only every so many-th question. */
  readonly oneOf: number;
  /** The same questions with other seeds are another round. */
  readonly round: number;
}

export interface MeasureDeps {
  readonly writer: Engine;
  readonly verifier: Engine;
  readonly signal: AbortSignal;
}

const MOST_TOKENS = 48;

/** The margins of what a writer answers, by answer: an array a task. */
export async function measure(asking: Asking, deps: MeasureDeps): Promise<PositionMargin[][]> {
  const tasks = tasksOf(asking, deps.verifier);
  const found: PositionMargin[][] = [];
  // What is computed together is computed in batches of another shape.
  for (let at = 0; at < tasks.length; at += deps.writer.slots) {
    const together = tasks.slice(at, at + deps.writer.slots);
    const written = await Promise.all(together.map((task) => write(task, asking, deps)));
    for (const [index, task] of together.entries()) found.push(await replay(task, written[index] ?? [], deps));
  }
  return found;
}

interface Task {
  readonly prompt: readonly number[];
  readonly options: SamplerOptions;
}

function tasksOf({ sampling, prefix, oneOf, round }: Asking, verifier: Engine): Task[] {
  return QUESTIONS.flatMap((content, index) => {
    if (index % oneOf !== 0) return [];
    const shared = prefix ? [{ role: "system", content: SHARED_TEXT }] : [];
    const input = { kind: "messages", messages: [...shared, { role: "user", content }] } as const;
    const seed = BigInt.asUintN(64, 0x9e3779b97f4a7c15n * BigInt(round * QUESTIONS.length + index + 1));
    return [{ prompt: promptIds({ input, epochStart: 0 }, verifier), options: { ...sampling, seed } }];
  });
}

async function write({ prompt, options }: Task, { resumed }: Asking, deps: MeasureDeps): Promise<readonly number[]> {
  const { writer, verifier, signal } = deps;
  const asked = { prompt, options, maxTokens: MOST_TOKENS };
  if (resumed === 0) return (await writeAnswer(asked, writer, signal)).ids;
  const begun = await writeAnswer({ ...asked, maxTokens: resumed }, verifier, signal);
  if (begun.ended) return begun.ids;
  return (await writeAnswer({ ...asked, resume: begun.ids }, writer, signal)).ids;
}

async function replay({ prompt, options }: Task, ids: readonly number[], deps: MeasureDeps): Promise<PositionMargin[]> {
  const { verifier, signal } = deps;
  const positions: (readonly Candidate[])[] = [];
  for await (const candidates of verifier.replay({ ids: prompt, forced: ids }, signal)) positions.push(candidates);
  return marginsOf({ positions, ids }, options);
}
