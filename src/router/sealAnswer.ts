import type { Chain } from "../chain/interface.ts";
import type { Signer } from "../keys/interface.ts";
import { countersignedHash, digest, receiptHash } from "../protocol/eip712.ts";
import { type ReceiptBundle, sealBundle } from "../protocol/receiptBundle.ts";
import type { Clock } from "../util/types.ts";
import type { AttemptEnd, OrderFrame } from "./attempt.ts";
import type { TaskRequest } from "./task.ts";

interface Answer {
  readonly request: TaskRequest;
  readonly frame: OrderFrame;
  readonly end: AttemptEnd;
  readonly network: string;
  readonly model: string;
}

/** Adds the router's measurements and signatures to a miner's last receipt: what the client keeps and anybody can check. */
export function sealAnswer(
  answer: Answer,
  deps: { readonly chain: Chain; readonly signer: Signer; readonly clock: Clock },
): ReceiptBundle {
  const { request, frame, end } = answer;
  const { domain } = deps.chain;
  const sign = (hash: `0x${string}`): `0x${string}` => deps.signer.sign(digest(domain, hash));
  // A wall clock that steps back must not cost a finished answer.
  const milliseconds = (value: number): number => Math.max(0, Math.round(value));
  const measured = { ttftMs: milliseconds(end.ttftMs), durationMs: milliseconds(end.durationMs) };
  const receipt = end.receipt.record;
  const countersignature = sign(countersignedHash({ receipt: receiptHash(receipt), ...measured }));
  const { account, requestId, clientSeed } = request;
  return sealBundle(
    {
      domain,
      network: answer.network,
      order: frame.order,
      orderSignature: frame.signature,
      receipt,
      receiptSignature: end.receipt.signature,
      countersigned: measured,
      countersignature,
      task: { account, requestId, ...(clientSeed !== undefined && { clientSeed }) },
      model: { name: answer.model },
      input: frame.input,
      salt: frame.salt,
      params: frame.params,
      ids: end.ids,
      text: end.text,
      issuedAt: new Date(deps.clock.now()).toISOString(),
    },
    (hash) => deps.signer.sign(hash),
  );
}
