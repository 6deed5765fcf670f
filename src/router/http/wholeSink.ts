import type { FastifyReply } from "fastify";
import { proofsOf, usageOf } from "./answer.ts";
import type { AnswerCall, Choice, Sink, Start, Text } from "./answerCall.ts";
import { type Envelope, headersOf } from "./envelope.ts";

/** Collects the answer and sends it in one piece, when all its choices are there. */
export class WholeSink implements Sink {
  readonly #envelope: Envelope;
  readonly #reply: FastifyReply;
  readonly #call: AnswerCall;
  readonly #tokens = new Map<number, { readonly ids: number[]; readonly logprobs: number[] }>();
  readonly #finished: Choice[] = [];

  constructor(envelope: Envelope, reply: FastifyReply, call: AnswerCall) {
    this.#envelope = envelope;
    this.#reply = reply;
    this.#call = call;
  }

  text({ ids, logprobs }: Text, { index }: { start: Start; index: number }): Promise<void> {
    if (this.#call.wantsLogprobs) {
      const { ids: allIds, logprobs: all } = this.#tokensOf(index);
      allIds.push(...ids);
      all.push(...logprobs);
    }
    return Promise.resolve();
  }

  async finish(choice: Choice): Promise<void> {
    this.#finished.push(choice);
    if (this.#finished.length < this.#call.tasks.length) return;
    const finished = this.#finished.toSorted((a, b) => a.index - b.index);
    const [first = choice] = finished;
    const receipt = first.finish.bundle === undefined ? {} : { "x-cortensor-receipt": first.finish.bundle.id };
    await this.#reply.headers({ ...headersOf(first.start), ...receipt }).send(
      this.#envelope.wrap(first.start, this.#envelope.format.object, {
        choices: finished.map((one) => this.#whole(one)),
        usage: usageOf(finished),
        cortensor: proofsOf(finished),
      }),
    );
  }

  fail(): Promise<boolean> {
    return Promise.resolve(false);
  }

  #whole({ finish, index }: Choice): object {
    const logprobs = this.#envelope.logprobs(this.#tokensOf(index));
    return { ...this.#envelope.format.whole(finish.text, { finish: finish.finish, logprobs }), index };
  }

  #tokensOf(index: number): { readonly ids: number[]; readonly logprobs: number[] } {
    const known = this.#tokens.get(index) ?? { ids: [], logprobs: [] };
    this.#tokens.set(index, known);
    return known;
  }
}
