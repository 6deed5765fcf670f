import { CortensorError, isAbort } from "../errors/cortensorError.ts";
import type { Outcome } from "./choice.ts";

export function codeOf(error: unknown): string {
  return error instanceof CortensorError ? error.code : isAbort(error) ? "interrupted" : "internal";
}

/** Another miner may do better. What the request itself or a full network is to blame for stays as it is. */
export function retryable(error: unknown): boolean {
  return error instanceof CortensorError && error.details.data?.retryable === true;
}

/** A refusal costs a miner little and its leaving nothing; whatever else ends an attempt breaks its promise. */
export function outcomeOf(error: unknown): Outcome {
  if (isAbort(error)) return { unjudged: true };
  const { data } = error instanceof CortensorError ? error.details : {};
  if (data?.reason === "draining" || data?.reason === "context-length") return { unjudged: true };
  return { broken: data?.refused !== true };
}

/** A miner's own code for why it refused or failed; undefined when something else ended the attempt. */
export function reasonOf(error: unknown): string | undefined {
  const reason = error instanceof CortensorError ? error.details.data?.reason : undefined;
  return typeof reason === "string" ? reason : undefined;
}
