import type { AnswerEvent, TaskRequest } from "../task.ts";
import type { Finish } from "./answer.ts";
import type { AnswerFormat } from "./answerFormat.ts";

/** A task and how its answer is wanted. */
export interface AnswerCall {
  readonly task: TaskRequest;
  readonly format: AnswerFormat;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly wantsLogprobs: boolean;
}

export type Start = Extract<AnswerEvent, { type: "start" }>;
export type Text = Extract<AnswerEvent, { type: "text" }>;

/** Takes an answer as it comes and brings it to the client. */
export interface Sink {
  text(text: Text, start: Start): Promise<void>;
  finish(finish: Finish, start: Start): Promise<void>;
  /** True when the error was told to the client; else it becomes the response. */
  fail(error: unknown): Promise<boolean>;
}
