import { z } from "zod";
import { CortensorError } from "../../errors/cortensorError.ts";

/** One request of a batch, ready to be sent. */
export interface BatchRequest {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What the command line says about every line that does not say it itself. */
export interface BatchDefaults {
  readonly system: string | undefined;
  /** Fields of the body, in OpenAI's words. */
  readonly body: Readonly<Record<string, unknown>>;
}

const openAiSchema = z.looseObject({
  custom_id: z.string().min(1).max(512),
  method: z.literal("POST", "method is POST").optional(),
  url: z.enum(["/v1/chat/completions", "/v1/completions", "/v1/embeddings"]),
  body: z.record(z.string(), z.unknown()),
});
const simpleSchema = z.union([
  z.string(),
  z.looseObject({ prompt: z.string() }),
  z.looseObject({ messages: z.array(z.unknown()).min(1) }),
]);

/** `bad-request` when the line is none of the forms. */
export function parseBatchLine(text: string, defaults: BatchDefaults): BatchRequest {
  const line = jsonOf(text);
  if (typeof line === "object" && line !== null && ("custom_id" in line || "url" in line))
    return openAi(line, defaults);
  const parsed = simpleSchema.safeParse(line);
  if (!parsed.success) throw wrong("it has none of prompt, messages, or custom_id with url and body");
  const { prompt, ...fields } = typeof parsed.data === "string" ? { prompt: parsed.data } : parsed.data;
  const system = defaults.system === undefined ? [] : [{ role: "system", content: defaults.system }];
  const messages = prompt === undefined ? {} : { messages: [...system, { role: "user", content: prompt }] };
  return {
    path: "/v1/chat/completions",
    body: { ...defaults.body, ...fields, ...messages, stream: false },
  };
}

function openAi(line: object, defaults: BatchDefaults): BatchRequest {
  const parsed = openAiSchema.safeParse(line);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw wrong(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
  }
  const { url, body } = parsed.data;
  // The answer is wanted in one piece; a batch of OpenAI's takes no stream either.
  const { stream: _, stream_options: __, ...fields } = body;
  return { path: url, body: { ...defaults.body, ...fields } };
}

/** Of any line that has one, so that also the error of a wrong line can be told apart. */
export function customIdOf(text: string): string | undefined {
  try {
    const { custom_id: id } = (JSON.parse(text) ?? {}) as { readonly custom_id?: unknown };
    return typeof id === "string" && id !== "" ? id : undefined;
  } catch {
    return undefined;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw wrong(`it is not JSON: ${(error as Error).message}`);
  }
}

function wrong(reason: string): CortensorError {
  return new CortensorError("bad-request", `this line is no request: ${reason}`, {
    try: "cortensor help batch",
  });
}
