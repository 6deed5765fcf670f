import type { FastifyRequest } from "fastify";

/**
 * Whether the answer is brought to its end although its client leaves, as batches want it: asked again under its
 * `idempotency-key`, it is whole and costs nothing. Without a key nobody could come back for it.
 */
export function isDetached({ headers }: Pick<FastifyRequest, "headers">): boolean {
  return headers["x-cortensor-detached"] === "true" && headers["idempotency-key"] !== undefined;
}
