import { z } from "zod";
import { CortensorError } from "../errors/cortensorError.ts";

const replySchema = z.looseObject({
  model: z.string().optional(),
  choices: z
    .array(
      z.looseObject({
        message: z.looseObject({ content: z.string().nullish() }).optional(),
        text: z.string().optional(),
        finish_reason: z.string().nullish(),
      }),
    )
    .default([]),
  usage: z.looseObject({ prompt_tokens: z.number(), completion_tokens: z.number().default(0) }).nullish(),
  cortensor: z
    .looseObject({
      finish: z.string().optional(),
      cost_cor: z.string().optional(),
    })
    .optional(),
});

/** A reply of OpenAI's form in one piece: as it came, and what of it is looked at. */
export interface WholeReply {
  readonly status: number;
  readonly requestId: string | null;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly model: string | null;
  /** The router's own reason where it tells one, such as `cancelled`. */
  readonly finishReason: string | null;
  readonly usage: { readonly promptTokens: number; readonly outputTokens: number };
  readonly miner: string | null;
  /** Decimal COR; null from any other server. */
  readonly costCor: string | null;
  readonly receiptId: string | null;
}

/** `peer-protocol` when the body is something else. */
export function parseReply(json: unknown, { status, headers }: Pick<Response, "status" | "headers">): WholeReply {
  const parsed = replySchema.safeParse(json);
  if (!parsed.success)
    throw new CortensorError("peer-protocol", "the router sent a reply that is no answer", { cause: parsed.error });
  const { model, choices, usage, cortensor } = parsed.data;
  const [first] = choices;
  return {
    status,
    requestId: headers.get("x-request-id"),
    body: json as Readonly<Record<string, unknown>>,
    text: first?.message?.content ?? first?.text ?? "",
    model: model ?? null,
    finishReason: cortensor?.finish ?? first?.finish_reason ?? null,
    usage: { promptTokens: usage?.prompt_tokens ?? 0, outputTokens: usage?.completion_tokens ?? 0 },
    miner: headers.get("x-cortensor-miner"),
    costCor: cortensor?.cost_cor ?? null,
    receiptId: headers.get("x-cortensor-receipt"),
  };
}
