import { FINISH, type Receipt, type TaskInput } from "./records.ts";

/** Tokens that a message's frame in a template may take beside its text. */
const TOKENS_PER_MESSAGE = 32;

export interface FeeInput {
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Wei per token. */
  readonly promptPrice: bigint;
  readonly outputPrice: bigint;
  /** Whether this attempt is paid for the prompt. */
  readonly promptPaid: boolean;
}

/** Fee in wei of one attempt: exact, since prices are per token. */
export function feeOf({ promptTokens, outputTokens, promptPrice, outputPrice, promptPaid }: FeeInput): bigint {
  return BigInt(outputTokens) * outputPrice + (promptPaid ? BigInt(promptTokens) * promptPrice : 0n);
}

/** The prompt is paid to the attempt that finishes, or that the client cancelled; never while a receipt still grows. */
export function promptPaid(finish: number): boolean {
  return finish !== FINISH.growing && finish !== FINISH.error;
}

/** The tokens that a receipt is paid for. */
export function paidTokens({ promptTokens, from, to, finish }: Receipt): {
  promptTokens: number;
  outputTokens: number;
} {
  return { promptTokens: promptPaid(finish) ? promptTokens : 0, outputTokens: to - from };
}

/** The most tokens this input can have: one per UTF-8 byte, and 32 per message. A router has no tokenizer. */
export function promptTokensCeiling(input: TaskInput): number {
  if (input.kind === "text") return Buffer.byteLength(input.text) + TOKENS_PER_MESSAGE;
  return input.messages.reduce(
    (sum, { role, content, name }) =>
      sum + Buffer.byteLength(role) + Buffer.byteLength(content) + Buffer.byteLength(name ?? "") + TOKENS_PER_MESSAGE,
    TOKENS_PER_MESSAGE,
  );
}

/** The most that an answer can cost, in wei: what a router quotes before anything is sent. */
export function ceilingOf(input: {
  readonly input: TaskInput;
  readonly maxTokens: number;
  readonly promptPrice: bigint;
  readonly outputPrice: bigint;
}): bigint {
  const promptTokens = promptTokensCeiling(input.input);
  return feeOf({ ...input, promptTokens, outputTokens: input.maxTokens, promptPaid: true });
}
