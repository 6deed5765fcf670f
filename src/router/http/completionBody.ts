import { z } from "zod";
import { RequestError } from "./requestError.ts";
import { samplingFields, samplingOf, type TaskDraft } from "./taskDraft.ts";
import { refuseUnsupported, unsupported } from "./unsupported.ts";

/** `POST /v1/completions` as far as it is read: one text, continued as it stands. */
export const completionBodySchema = z.looseObject({
  model: z.string().min(1).max(128).nullish(),
  prompt: z.union([z.string(), z.array(z.unknown())]).nullish(),
  ...samplingFields,
  logprobs: z.int().min(0).max(5).nullish(),
});
export type CompletionBody = z.infer<typeof completionBodySchema>;

export function completionDraft(body: CompletionBody): TaskDraft {
  refuseUnsupported(body);
  if ((body.logprobs ?? 0) > 0) throw unsupported("logprobs", body.logprobs);
  const text = promptOf(body.prompt ?? "");
  if (text === "") {
    throw new RequestError("prompt-missing", "there is no prompt", {
      param: "prompt",
      advice: "Put the text to continue into prompt.",
    });
  }
  return { ...samplingOf(body), input: { kind: "text", text }, wantsLogprobs: typeof body.logprobs === "number" };
}

function promptOf(prompt: string | readonly unknown[]): string {
  if (typeof prompt === "string") return prompt;
  const [only = "", ...more] = prompt;
  if (typeof only === "string" && more.length === 0) return only;
  throw new RequestError("bad-request", "several prompts, or prompts as token ids, are not supported", {
    param: "prompt",
    advice: "Send one text a request.",
  });
}
