import type { z } from "zod";
import { taskId } from "../../../protocol/hash.ts";
import type { Address, Clock, Hex } from "../../../util/types.ts";
import { type Finish, proofsOf, usageOf } from "../answer.ts";
import type { AnswerCall, Start } from "../answerCall.ts";
import type { TaskRequest } from "../../task.ts";
import { chatFormat, completionFormat } from "../answerFormat.ts";
import type { AnsweringRouter } from "../answeringRouter.ts";
import { chatBodySchema, chatDraft } from "../chatBody.ts";
import { completionBodySchema, completionDraft } from "../completionBody.ts";
import { Envelope } from "../envelope.ts";
import { repeatedTask } from "../repeatedTask.ts";
import { RequestError } from "../requestError.ts";
import { requestIdOf } from "../requestId.ts";
import { completeDraft, type TaskDraft } from "../taskDraft.ts";
import type { InputLine } from "./batchInput.ts";
import type { Endpoint } from "./records.ts";

export interface LineCall {
  readonly account: Hex;
  readonly batchId: string;
  readonly endpoint: Endpoint;
  readonly line: InputLine;
}

export interface LineDeps {
  readonly router: AnsweringRouter;
  readonly signer: { readonly address: Address };
  readonly clock: Clock;
}

export interface LineAnswer {
  readonly requestId: Hex;
  /** As an HTTP response would have it. */
  readonly body: object;
  /** What is new of it; undefined when the router had the answer already. */
  readonly finish: Finish | undefined;
}

/** A line is brought to its end, whatever happens to its batch: what was begun is paid. */
const NEVER = new AbortController().signal;

/**
 * Answers a line as the same HTTP request would be, under an id of its own: asked again after a restart, it is what the
 * router has in its books. `onStart` is called when a miner has it.
 */
export async function answerLine(call: LineCall, deps: LineDeps, onStart: () => void): Promise<LineAnswer> {
  const { account, batchId, endpoint, line } = call;
  const draft = draftOf(endpoint, line);
  const requestId = requestIdOf(`${batchId}:${line.number}`, () => "0x");
  const stored = deps.router.receipt(taskId({ router: deps.signer.address, account, requestId }));
  const task =
    stored === undefined
      ? completeDraft(draft, { account, requestId, models: deps.router.models() })
      : repeatedTask(draft, stored);
  const format = endpoint === "/v1/completions" ? completionFormat : chatFormat;
  const { wantsLogprobs } = draft;
  const answer: AnswerCall = { tasks: [task], format, stream: false, includeUsage: false, wantsLogprobs };
  const { body, finish } = await collect(task, answer, { deps, onStart });
  return { requestId, body, finish: stored === undefined ? finish : undefined };
}

async function collect(
  task: TaskRequest,
  call: AnswerCall,
  { deps: { router, clock }, onStart }: { deps: LineDeps; onStart: () => void },
): Promise<{ body: object; finish: Finish }> {
  const envelope = new Envelope(call, clock);
  const ids: number[] = [];
  const logprobs: number[] = [];
  let start: Start | undefined;
  let finish: Finish | undefined;
  for await (const event of router.answer(task, NEVER)) {
    if (event.type === "start") {
      start = event;
      onStart();
    } else if (event.type === "finish") finish = event;
    else if (call.wantsLogprobs) {
      ids.push(...event.ids);
      logprobs.push(...event.logprobs);
    }
  }
  if (start === undefined || finish === undefined) throw new Error("an answer had no start or no finish");
  const choice = call.format.whole(finish.text, {
    finish: finish.finish,
    logprobs: envelope.logprobs({ ids, logprobs }),
  });
  const all = [{ index: 0, start, finish }];
  const rest = { choices: [choice], usage: usageOf(all), cortensor: proofsOf(all) };
  return { body: envelope.wrap(start, call.format.object, rest), finish };
}

function draftOf(endpoint: Endpoint, { body }: InputLine): TaskDraft {
  return endpoint === "/v1/completions"
    ? completionDraft(checked(completionBodySchema, body))
    : chatDraft(checked(chatBodySchema, body));
}

function checked<T>(schema: z.ZodType<T>, body: InputLine["body"]): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const { path = [], message = "" } = parsed.error.issues[0] ?? {};
  throw new RequestError("bad-request", `${path.join(".")}: ${message.replace(/^Invalid input: /, "")}`, {
    param: path.join("."),
    advice: "GET /openapi.json has the form of every request.",
  });
}
