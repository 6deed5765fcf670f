import { answerText } from "../protocol/answerText.ts";
import { FINISH } from "../protocol/records.ts";

/** The end of an answer, or of a part of one. */
export interface AnswerEnd {
  /** All output ids up to it. */
  readonly ids: readonly number[];
  /** The position of the first id that is answered for. */
  readonly from: number;
  /** `Receipt.finish`. */
  readonly finish: number;
  readonly stop: readonly string[];
}

export interface EndDeps {
  readonly model: { readonly eosText: string };
  tokenize(text: string, control: boolean): number[];
  /** Control tokens give no text. */
  detokenize(ids: readonly number[]): string;
}

/**
 * Why an answer cannot have ended so; undefined when it can. Margins say little about an end: padding after the end of the
 * turn can follow the seed, and an end that was never chosen leaves no token. How long the context of the miner was is not
 * known here, so `length` is always plausible.
 */
export function impossibleEnd({ ids, from, finish, stop }: AnswerEnd, engine: EndDeps): string | undefined {
  const [endId, ...more] = engine.model.eosText === "" ? [] : engine.tokenize(engine.model.eosText, true);
  // A turn may end with other tokens than this one; only of this one it is known.
  const early = more.length === 0 && endId !== undefined ? ids.indexOf(endId, from) : -1;
  if (early !== -1 && early < ids.length - 1) return `it goes on after its turn ended at token ${early + 1}`;
  const last = ids.at(-1);
  if (finish !== FINISH.stop || last === undefined) return undefined;
  const text = (part: readonly number[]) => engine.detokenize(part);
  const stopped = text([last]) === "" || answerText({ ids, detokenize: text, stop, ended: true }).stopped;
  return stopped ? undefined : "it claims to have stopped, and has neither an end of the turn nor a stop string";
}
