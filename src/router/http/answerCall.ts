import type { AnswerEvent, AnswerFinish, TaskRequest } from "../task.ts";
import type { AnswerFormat } from "./answerFormat.ts";

/** What is asked, once for each choice, and how the answer is wanted. */
export interface AnswerCall {
  readonly tasks: readonly TaskRequest[];
  readonly format: AnswerFormat;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly wantsLogprobs: boolean;
}

export type Start = Extract<AnswerEvent, { type: "start" }>;
export type Text = Extract<AnswerEvent, { type: "text" }>;

/** One of the answers to a request, at its end. */
export interface Choice {
  readonly index: number;
  readonly start: Start;
  readonly finish: AnswerFinish;
}

/** Takes an answer as it comes and brings it to the client. */
export interface Sink {
  text(text: Text, choice: { readonly start: Start; readonly index: number }): Promise<void>;
  finish(choice: Choice): Promise<void>;
  /** True when the error was told to the client; else it becomes the response. */
  fail(error: unknown): Promise<boolean>;
}
