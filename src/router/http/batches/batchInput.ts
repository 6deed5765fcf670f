import { z } from "zod";
import type { BatchRecord, Endpoint } from "./records.ts";

const lineSchema = z.looseObject({
  custom_id: z.string().min(1).max(512),
  method: z.literal("POST"),
  url: z.string(),
  body: z.record(z.string(), z.unknown()),
});

/** One request of a batch. */
export interface InputLine {
  /** Counted from 1, empty lines too. */
  readonly number: number;
  readonly customId: string;
  readonly body: Readonly<Record<string, unknown>>;
}
type InputError = BatchRecord["errors"][number];

const MAX_ERRORS = 100;

/** The lines of a batch's file, or what is wrong with it; a batch with a wrong line does not begin. */
export function readInput(
  bytes: Uint8Array,
  { endpoint, maxLines }: { endpoint: Endpoint; maxLines: number },
): { readonly lines: readonly InputLine[]; readonly errors: readonly InputError[] } {
  const lines: InputLine[] = [];
  const errors: InputError[] = [];
  const ids = new Set<string>();
  const refuse = (line: number | null, code: string, message: string): void => {
    if (errors.length < MAX_ERRORS) errors.push({ code, message, line });
  };
  for (const [index, text] of new TextDecoder().decode(bytes).split("\n").entries()) {
    const number = index + 1;
    if (text.trim() === "") continue;
    const parsed = lineSchema.safeParse(jsonOf(text));
    if (!parsed.success) {
      const { path = [], message = "" } = parsed.error.issues[0] ?? {};
      refuse(
        number,
        "invalid_json_line",
        path.length === 0 ? "the line is no JSON object" : `${path.join(".")}: ${message}`,
      );
      continue;
    }
    const { custom_id: customId, url, body } = parsed.data;
    if (url !== endpoint) refuse(number, "mismatched_endpoint", `url is ${url}, and the batch is for ${endpoint}`);
    if (ids.has(customId)) refuse(number, "duplicate_custom_id", `custom_id ${customId} stands in an earlier line too`);
    ids.add(customId);
    lines.push({ number, customId, body });
  }
  if (lines.length === 0 && errors.length === 0) refuse(null, "empty_file", "the file has no line");
  if (lines.length > maxLines)
    refuse(
      null,
      "too_many_requests",
      `a batch has at most ${maxLines} requests here, and this one has ${lines.length}`,
    );
  return { lines, errors };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
