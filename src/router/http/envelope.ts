import type { Clock } from "../../util/types.ts";
import type { AnswerCall, Start } from "./answerCall.ts";
import type { AnswerFormat, Logprobs } from "./answerFormat.ts";

/** The fields around every chunk of one answer. */
export class Envelope {
  readonly format: AnswerFormat;
  readonly #created: number;
  readonly #wantsLogprobs: boolean;

  constructor({ format, wantsLogprobs }: AnswerCall, clock: Clock) {
    this.format = format;
    this.#created = Math.floor(clock.now() / 1000);
    this.#wantsLogprobs = wantsLogprobs;
  }

  wrap({ taskId, model }: Start, object: string, rest: object): object {
    return { id: `${this.format.idPrefix}${taskId.slice(2, 34)}`, object, created: this.#created, model, ...rest };
  }

  logprobs({ ids, logprobs }: Logprobs): Logprobs | undefined {
    return this.#wantsLogprobs ? { ids, logprobs } : undefined;
  }
}

/** Headers that are known with the first token. */
export function headersOf({ taskId, miner }: Start): Record<string, string> {
  return { "x-cortensor-task": taskId, "x-cortensor-miner": miner };
}
