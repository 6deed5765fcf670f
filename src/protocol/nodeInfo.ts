import { z } from "zod";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Address, Hex } from "../util/types.ts";
import { encode } from "./codec.ts";
import { digest, messageHash } from "./eip712.ts";
import { keccak } from "./hash.ts";
import type { Domain, Message } from "./records.ts";
import { addressSchema, hashSchema, signatureSchema, uint53Schema } from "./schemas.ts";

/** An answer is good for so long after its block time, in seconds. */
export const INFO_SECONDS = 600;

/** Who a router is, as `GET /api/v1/info` tells it under the node's signature. */
export const nodeInfoSchema = z.object({
  schema: z.literal("cortensor.info/1"),
  address: addressSchema,
  network: z.string(),
  practice: z.boolean(),
  chain_id: z.int().min(1),
  runtime: addressSchema,
  software: z.string(),
  /** Seconds, of the newest block that the router knows. */
  block_time: uint53Schema,
  /** Given by whoever asks, so that an old answer cannot stand in for a new one. */
  nonce: hashSchema,
  signature: signatureSchema,
});
export type NodeInfo = Readonly<z.infer<typeof nodeInfoSchema>>;

export function signInfo(info: Omit<NodeInfo, "schema" | "signature">, sign: (digest: Hex) => Hex): NodeInfo {
  const whole = { schema: "cortensor.info/1", ...info } as const;
  return { ...whole, signature: sign(digest(domainOf(info), messageHash(infoBody(whole)))) };
}

/** The parsed answer to a question with this nonce; `peer-protocol` when it is another's, not signed by its node, or formless. */
export function checkInfo(
  value: unknown,
  { nonce, recover }: { nonce: Hex; recover: (digest: Hex, signature: Hex) => Address | undefined },
): NodeInfo {
  const parsed = nodeInfoSchema.safeParse(value);
  if (!parsed.success)
    throw new CortensorError("peer-protocol", "the router's info has another form", { cause: parsed.error });
  const { signature, ...body } = parsed.data;
  if (body.nonce !== nonce) throw new CortensorError("peer-protocol", "the router's info answers another question");
  const signer = recover(digest(domainOf(body), messageHash(infoBody(body))), signature);
  if (signer !== body.address)
    throw new CortensorError("peer-protocol", `the info of ${body.address} is signed by ${signer ?? "nobody"}`);
  return parsed.data;
}

function infoBody(info: Omit<NodeInfo, "signature">): Message {
  return { kind: "info", body: keccak(encode(info)), nonce: info.nonce, expiresAt: info.block_time + INFO_SECONDS };
}

function domainOf({ chain_id: chainId, runtime }: Pick<NodeInfo, "chain_id" | "runtime">): Domain {
  return { chainId, runtime };
}
