import { CortensorError } from "../errors/cortensorError.ts";
import type { Address } from "../util/types.ts";

/** A stream that was open is no more. */
export function lineEnded(peer: Address, reason: string, cause?: unknown): CortensorError {
  return new CortensorError("peer-unreachable", `the line to peer ${peer} has ended`, {
    why: [["why", reason]],
    data: { peer, reason },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** No stream could be opened to `address`, a multiaddr or a chain address. */
export function notReached(address: string, reason: string, cause?: unknown): CortensorError {
  return new CortensorError("peer-unreachable", `no answer from ${address}`, {
    why: [["why", reason]],
    data: { address, reason },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A dial that its caller ended: quietly when aborted, `peer-unreachable` when the time was up. */
export function givenUp(address: string, signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  if (reason instanceof Error && reason.name !== "TimeoutError") return reason;
  return notReached(address, "no answer in time", reason);
}
