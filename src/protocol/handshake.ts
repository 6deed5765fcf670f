import { CortensorError } from "../errors/cortensorError.ts";
import type { Address, Hex } from "../util/types.ts";
import { digest, messageHash } from "./eip712.ts";
import { type Frame, type Hello, helloBody } from "./frames.ts";
import type { Domain } from "./records.ts";

/** Both sides of a task stream must speak this version. */
export const PROTOCOL_VERSION = 1;

/** The first frame on a task stream, signed by the node key. */
export function helloFrame(hello: Hello, deps: { readonly domain: Domain; sign(digest: Hex): Hex }): Frame {
  return { type: "hello", hello, signature: deps.sign(digest(deps.domain, messageHash(helloBody(hello)))) };
}

export interface HelloChecks {
  readonly domain: Domain;
  readonly remote: Address;
  readonly role: Hello["role"];
  /** Block time in seconds. */
  readonly now: number;
  recover(digest: Hex, signature: Hex): Address | undefined;
}

/**
 * The peer's `Hello`, checked against the key that the transport proved.
 *
 * Errors: `peer-protocol` for another first frame, another key, another role or an expired one; `version-old`.
 */
export function checkHello(frame: Frame | undefined, checks: HelloChecks): Hello {
  if (frame?.type !== "hello") throw broken(`${checks.remote} opened with ${frame?.type ?? "nothing"}, not hello`);
  const { hello, signature } = frame;
  if (hello.version !== PROTOCOL_VERSION)
    throw new CortensorError(
      "version-old",
      `${checks.remote} speaks protocol ${hello.version} and this cortensor speaks ${PROTOCOL_VERSION}`,
    );
  const signer = checks.recover(digest(checks.domain, messageHash(helloBody(hello))), signature);
  if (signer !== checks.remote || hello.address !== checks.remote)
    throw broken(`the hello of ${checks.remote} is signed by ${signer ?? "nobody"} for ${hello.address}`);
  if (hello.role !== checks.role) throw broken(`${checks.remote} says it is a ${hello.role}, not a ${checks.role}`);
  if (hello.expiresAt < checks.now)
    throw broken(`the hello of ${checks.remote} expired at ${hello.expiresAt}, now is ${checks.now}`);
  return hello;
}

function broken(message: string): CortensorError {
  return new CortensorError("peer-protocol", message);
}
