import type { ErrorCode } from "../errors/catalogue.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Address } from "../util/types.ts";

/** A node that serves. */
export interface ReadyMessage {
  readonly type: "ready";
  readonly name: string;
  readonly role: "router" | "miner" | "validator";
  readonly address: Address;
  readonly owner: Address;
  readonly pid: number;
  /** OpenAI base URL and key of a router. */
  readonly url?: string;
  readonly apiKey?: string;
  /** Multiaddrs of a router. */
  readonly p2p?: readonly string[];
  /** Models served and the tuned speed of a miner. */
  readonly models?: readonly string[];
  readonly tokensPerSecond?: number;
}

/** What a node's process tells its supervisor over the IPC channel. */
export type NodeMessage =
  | ReadyMessage
  | { readonly type: "step"; readonly label: string; readonly result: string; readonly tookMs: number }
  | {
      readonly type: "failed";
      readonly code: ErrorCode;
      readonly message: string;
      readonly why: readonly (readonly [string, string])[];
      readonly try?: string;
    };

/**
 * Sends to the supervisor; does nothing in a process that has none. Resolves when the message is on its way, or the
 * supervisor is gone.
 */
export function tellSupervisor(message: NodeMessage): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected || process.send === undefined) return resolve();
    // A channel that closes meanwhile never says what became of the message.
    const gone = (): void => resolve();
    process.once("disconnect", gone);
    process.send(message, undefined, {}, () => {
      process.off("disconnect", gone);
      resolve();
    });
  });
}

export function failedMessage(error: unknown): NodeMessage {
  if (!(error instanceof CortensorError))
    return {
      type: "failed",
      code: "internal",
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      why: [],
    };
  const { why = [], try: command } = error.details;
  return {
    type: "failed",
    code: error.code,
    message: error.message,
    why,
    ...(command !== undefined && { try: command }),
  };
}

export function errorOf(message: Extract<NodeMessage, { type: "failed" }>): CortensorError {
  return new CortensorError(message.code, message.message, {
    why: message.why,
    ...(message.try !== undefined && { try: message.try }),
  });
}
