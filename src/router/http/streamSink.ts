import type { FastifyReply } from "fastify";
import type { Clock } from "../../util/types.ts";
import { type Finish, proofOf, usageOf } from "./answer.ts";
import type { AnswerCall, Sink, Start, Text } from "./answerCall.ts";
import { type Envelope, headersOf } from "./envelope.ts";
import { errorReply } from "./errorReply.ts";
import { EventStream } from "./eventStream.ts";

/** Sends the answer as server-sent events. */
export class StreamSink implements Sink {
  readonly #envelope: Envelope;
  readonly #reply: FastifyReply;
  readonly #options: { readonly call: AnswerCall; readonly clock: Clock; readonly requestId: string };
  #stream: EventStream | undefined;

  constructor(
    envelope: Envelope,
    reply: FastifyReply,
    options: { readonly call: AnswerCall; readonly clock: Clock; readonly requestId: string },
  ) {
    this.#envelope = envelope;
    this.#reply = reply;
    this.#options = options;
  }

  async text(event: Text, start: Start): Promise<void> {
    const stream = await this.#open(start);
    const logprobs = this.#envelope.logprobs(event);
    // Tokens of an unfinished character have no text of their own.
    if (event.text === "" && logprobs === undefined) return;
    await stream.send(this.#chunk(start, [this.#envelope.format.part(event.text, logprobs)]));
  }

  async finish(finish: Finish, start: Start): Promise<void> {
    const stream = await this.#open(start);
    const closing = this.#chunk(start, [this.#envelope.format.closing(finish.finish)]);
    await stream.send({ ...closing, cortensor: proofOf(finish) });
    if (this.#options.call.includeUsage) await stream.send({ ...this.#chunk(start, []), usage: usageOf(finish) });
    await stream.end("data: [DONE]\n\n");
  }

  async fail(error: unknown): Promise<boolean> {
    if (this.#stream === undefined) return false;
    await this.#stream.send(errorReply(error, this.#options.requestId).body);
    await this.#stream.end();
    return true;
  }

  async #open(start: Start): Promise<EventStream> {
    if (this.#stream !== undefined) return this.#stream;
    const stream = new EventStream(this.#reply.raw, this.#options.clock);
    this.#stream = stream;
    this.#reply.hijack();
    stream.open({ ...this.#reply.getHeaders(), ...headersOf(start) });
    const opening = this.#envelope.format.opening();
    if (opening !== undefined) await stream.send(this.#chunk(start, [opening]));
    return stream;
  }

  #chunk(start: Start, choices: readonly object[]): object {
    const usage = this.#options.call.includeUsage ? { usage: null } : {};
    return this.#envelope.wrap(start, this.#envelope.format.chunkObject, { choices, ...usage });
  }
}
