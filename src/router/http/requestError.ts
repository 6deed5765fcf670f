import type { ErrorCode } from "../../errors/catalogue.ts";
import { CortensorError } from "../../errors/cortensorError.ts";

export interface RequestErrorDetails {
  /** The field of the body at fault, as OpenAI's `param`. */
  readonly param?: string;
  /** What to do, as a sentence that ends the message. */
  readonly advice: string;
  /** When it is another than the code's own. */
  readonly status?: number;
  readonly cause?: unknown;
}

/** A request that cannot be answered as it stands. */
export class RequestError extends CortensorError {
  readonly param: string | undefined;
  readonly advice: string;
  readonly #status: number | undefined;

  constructor(code: ErrorCode, message: string, details: RequestErrorDetails) {
    super(code, message, {
      why: [["needed", details.advice]],
      ...(details.param !== undefined && { data: { param: details.param } }),
      ...(details.cause !== undefined && { cause: details.cause }),
    });
    this.param = details.param;
    this.advice = details.advice;
    this.#status = details.status;
  }

  override get status(): number {
    return this.#status ?? super.status;
  }
}
