import type { FastifyReply } from "fastify";
import { type Finish, proofOf, usageOf } from "./answer.ts";
import type { AnswerCall, Sink, Start, Text } from "./answerCall.ts";
import { type Envelope, headersOf } from "./envelope.ts";

/** Collects the answer and sends it in one piece. */
export class WholeSink implements Sink {
  readonly #envelope: Envelope;
  readonly #reply: FastifyReply;
  readonly #wantsLogprobs: boolean;
  readonly #ids: number[] = [];
  readonly #logprobs: number[] = [];

  constructor(envelope: Envelope, reply: FastifyReply, { wantsLogprobs }: AnswerCall) {
    this.#envelope = envelope;
    this.#reply = reply;
    this.#wantsLogprobs = wantsLogprobs;
  }

  text({ ids, logprobs }: Text): Promise<void> {
    if (this.#wantsLogprobs) {
      this.#ids.push(...ids);
      this.#logprobs.push(...logprobs);
    }
    return Promise.resolve();
  }

  async finish(finish: Finish, start: Start): Promise<void> {
    const { format } = this.#envelope;
    const logprobs = this.#envelope.logprobs({ ids: this.#ids, logprobs: this.#logprobs });
    const { text, bundle } = finish;
    const choice = format.whole(text, { finish: finish.finish, logprobs });
    const receipt = bundle === undefined ? {} : { "x-cortensor-receipt": bundle.id };
    await this.#reply.headers({ ...headersOf(start), ...receipt }).send(
      this.#envelope.wrap(start, format.object, {
        choices: [choice],
        usage: usageOf(finish),
        cortensor: proofOf(finish),
      }),
    );
  }

  fail(): Promise<boolean> {
    return Promise.resolve(false);
  }
}
