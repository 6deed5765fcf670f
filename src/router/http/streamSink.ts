import type { FastifyReply } from "fastify";
import type { Clock } from "../../util/types.ts";
import { proofsOf, usageOf } from "./answer.ts";
import type { AnswerCall, Choice, Sink, Start, Text } from "./answerCall.ts";
import { type Envelope, headersOf } from "./envelope.ts";
import { errorReply } from "./errorReply.ts";
import { EventStream } from "./eventStream.ts";

/** Sends the answer as server-sent events, all its choices in one stream. */
export class StreamSink implements Sink {
  readonly #envelope: Envelope;
  readonly #reply: FastifyReply;
  readonly #options: { readonly call: AnswerCall; readonly clock: Clock; readonly requestId: string };
  readonly #begun = new Set<number>();
  readonly #finished: Choice[] = [];
  #stream: EventStream | undefined;
  #first: Start | undefined;
  #over = false;

  constructor(
    envelope: Envelope,
    reply: FastifyReply,
    options: { readonly call: AnswerCall; readonly clock: Clock; readonly requestId: string },
  ) {
    this.#envelope = envelope;
    this.#reply = reply;
    this.#options = options;
  }

  async text(event: Text, { start, index }: { start: Start; index: number }): Promise<void> {
    const stream = await this.#open(start, index);
    const logprobs = this.#envelope.logprobs(event);
    // Tokens of an unfinished character have no text of their own.
    if (event.text === "" && logprobs === undefined) return;
    await stream.send(this.#chunk([{ ...this.#envelope.format.part(event.text, logprobs), index }]));
  }

  async finish(choice: Choice): Promise<void> {
    const { finish, start, index } = choice;
    const { call } = this.#options;
    const stream = await this.#open(start, index);
    this.#finished.push(choice);
    const last = this.#finished.length === call.tasks.length;
    const closing = this.#chunk([{ ...this.#envelope.format.closing(finish.finish), index }]);
    await stream.send(last ? { ...closing, cortensor: proofsOf(this.#finished) } : closing);
    if (!last) return;
    this.#over = true;
    if (call.includeUsage) await stream.send({ ...this.#chunk([]), usage: usageOf(this.#finished) });
    await stream.end("data: [DONE]\n\n");
  }

  async fail(error: unknown): Promise<boolean> {
    if (this.#stream === undefined) return false;
    if (this.#over) return true;
    this.#over = true;
    await this.#stream.send(errorReply(error, this.#options.requestId).body);
    await this.#stream.end();
    return true;
  }

  async #open(start: Start, index: number): Promise<EventStream> {
    this.#first ??= start;
    const stream = this.#stream ?? new EventStream(this.#reply.raw, this.#options.clock);
    if (this.#stream === undefined) {
      this.#stream = stream;
      this.#reply.hijack();
      stream.open({ ...this.#reply.getHeaders(), ...headersOf(start) });
    }
    if (this.#begun.has(index)) return stream;
    this.#begun.add(index);
    const opening = this.#envelope.format.opening();
    if (opening !== undefined) await stream.send(this.#chunk([{ ...opening, index }]));
    return stream;
  }

  /** All chunks of a stream have the id of the first choice. */
  #chunk(choices: readonly object[]): object {
    const usage = this.#options.call.includeUsage ? { usage: null } : {};
    if (this.#first === undefined) throw new Error("a stream had a chunk before its start");
    return this.#envelope.wrap(this.#first, this.#envelope.format.chunkObject, { choices, ...usage });
  }
}
