import { type ErrorCode, ERRORS } from "./catalogue.ts";

/** What an error carries beside its sentence. */
export interface ErrorDetails {
  /** Lines under the sentence: a word (`why`, `seen`, `needed`, `found`) and a text. */
  readonly why?: readonly (readonly [label: string, text: string])[];
  /** A command that works as printed, with the reader's own values. */
  readonly try?: string;
  /** The values in the sentence, for `--json`. Bigints become decimal text. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * An error that people or programs are meant to see: a code from the catalogue, what happened with the values, why, and
 * what to run next. A plain `Error` is a bug of ours.
 */
export class CortensorError extends Error {
  override readonly name = "CortensorError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }

  /** The exit code of a command that ends with this error. */
  get exitCode(): number {
    return ERRORS[this.code].exit;
  }

  /** The HTTP status of a request that ends with this error. */
  get status(): number {
    return ERRORS[this.code].status;
  }
}

/** Whether an abort signal ended the work; such ends are quiet. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
