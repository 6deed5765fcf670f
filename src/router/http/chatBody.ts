import { z } from "zod";
import type { ChatMessage } from "../../protocol/records.ts";
import { refuseUnsupported } from "./unsupported.ts";
import { RequestError } from "./requestError.ts";
import { samplingFields, samplingOf, type TaskDraft } from "./taskDraft.ts";

const partSchema = z.looseObject({ type: z.string(), text: z.string().optional() });
const messageSchema = z.looseObject({
  role: z.enum(["system", "developer", "user", "assistant", "tool", "function"]),
  content: z.union([z.string(), z.array(partSchema)]).nullish(),
  name: z.string().max(256).nullish(),
});
type Message = z.infer<typeof messageSchema>;

/** `POST /v1/chat/completions` as far as it is read; whatever else OpenAI's interface has is ignored or refused. */
export const chatBodySchema = z.looseObject({
  model: z.string().min(1).max(128).nullish(),
  messages: z.array(messageSchema).max(1024),
  ...samplingFields,
  max_completion_tokens: z.int().min(1).max(1_048_576).nullish(),
  logprobs: z.boolean().nullish(),
});
export type ChatBody = z.infer<typeof chatBodySchema>;

export function chatDraft(body: ChatBody): TaskDraft {
  refuseUnsupported(body);
  const messages = body.messages.map((message, index) => messageOf(message, `messages.${index}`));
  if ((messages.at(-1)?.content ?? "").trim() === "") {
    throw new RequestError("prompt-missing", "the last message has no text", {
      param: "messages",
      advice: "Put the prompt into its content.",
    });
  }
  return {
    ...samplingOf({ ...body, max_tokens: body.max_completion_tokens ?? body.max_tokens }),
    input: { kind: "messages", messages },
    wantsLogprobs: body.logprobs === true,
  };
}

function messageOf(message: Message, param: string): ChatMessage {
  const { role, name } = message;
  if (role === "tool" || role === "function" || !isNothing(message.tool_calls) || !isNothing(message.function_call)) {
    throw new RequestError("bad-request", "messages of tools are not supported", {
      param,
      advice: "Send system, user and assistant messages with text.",
    });
  }
  return {
    // The newer name of the same thing; chat templates know the older one.
    role: role === "developer" ? "system" : role,
    content: textOf(message.content, `${param}.content`),
    ...(typeof name === "string" && { name }),
  };
}

function textOf(content: Message["content"], param: string): string {
  if (typeof content === "string") return content;
  return (content ?? [])
    .map(({ type, text }, index) => {
      if (type === "text" && text !== undefined) return text;
      throw new RequestError("bad-request", `a content part of type "${type}" is not supported`, {
        param: `${param}.${index}`,
        advice: 'Send parts of type "text" only.',
      });
    })
    .join("");
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}
