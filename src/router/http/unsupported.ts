import { RequestError } from "./requestError.ts";

const nothing = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === "object" && Object.keys(value).length === 0);
const only =
  (harmless: unknown) =>
  (value: unknown): boolean =>
    nothing(value) || value === harmless;

/**
 * Fields of OpenAI's interface that would change the answer and are not there yet, each with the values that change
 * nothing. To ignore them would give another answer than was asked for; other unknown fields are ignored.
 */
const UNSUPPORTED: Readonly<Record<string, (value: unknown) => boolean>> = {
  best_of: only(1),
  tools: nothing,
  functions: nothing,
  response_format: (value) => nothing(value) || (value as { type?: unknown }).type === "text",
  logit_bias: nothing,
  presence_penalty: only(0),
  frequency_penalty: only(0),
  repetition_penalty: only(1),
  top_logprobs: only(0),
  echo: only(false),
  suffix: only(""),
  audio: nothing,
  modalities: (value) => nothing(value) || JSON.stringify(value) === '["text"]',
  web_search_options: (value) => value === undefined || value === null,
};

/** `bad-request` naming the first field that asks for what is not supported. */
export function refuseUnsupported(body: Readonly<Record<string, unknown>>): void {
  for (const [field, isHarmless] of Object.entries(UNSUPPORTED)) {
    if (!isHarmless(body[field])) throw unsupported(field, body[field]);
  }
}

export function unsupported(field: string, value: unknown): RequestError {
  const shown = JSON.stringify(value);
  return new RequestError(
    "bad-request",
    `${field}${shown.length <= 40 ? ` ${shown}` : ""} is not supported by this router`,
    { param: field, advice: "Leave it out: with it ignored, the answer would not be the one asked for." },
  );
}
