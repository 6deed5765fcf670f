import type { Chain } from "../chain/interface.ts";
import type { Signer } from "../keys/interface.ts";
import { countersignedHash, digest, receiptHash } from "../protocol/eip712.ts";
import { type ReceiptBundle, type ReceiptPart, sealBundle } from "../protocol/receiptBundle.ts";
import type { Receipt, Signed } from "../protocol/records.ts";
import type { Clock, Hex } from "../util/types.ts";
import type { OrderFrame } from "./attempt.ts";
import type { TaskRequest } from "./task.ts";

interface Deps {
  readonly chain: Chain;
  readonly signer: Signer;
  readonly clock: Clock;
}

/** Adds the router's measurements to a miner's last receipt, and signs both: the leaf that is anchored. */
export function countersign(
  { frame, receipt, ...times }: { frame: OrderFrame; receipt: Signed<Receipt>; ttftMs: number; durationMs: number },
  { chain, signer }: Pick<Deps, "chain" | "signer">,
): ReceiptPart {
  // A wall clock that steps back must not cost a finished answer.
  const milliseconds = (value: number): number => Math.max(0, Math.round(value));
  const measured = { ttftMs: milliseconds(times.ttftMs), durationMs: milliseconds(times.durationMs) };
  const hash = countersignedHash({ receipt: receiptHash(receipt.record), ...measured });
  return {
    order: frame.order,
    orderSignature: frame.signature,
    receipt: receipt.record,
    receiptSignature: receipt.signature,
    countersigned: measured,
    countersignature: signer.sign(digest(chain.domain, hash)),
  };
}

/** What the client keeps of an answer and anybody can check. */
export function sealAnswer(
  answer: {
    readonly request: TaskRequest;
    readonly parts: readonly ReceiptPart[];
    readonly salt: Hex;
    readonly ids: readonly number[];
    readonly text: string;
    readonly network: string;
    readonly model: string;
  },
  { chain, signer, clock }: Deps,
): ReceiptBundle {
  const { request, parts, salt, ids, text, network } = answer;
  const { account, requestId, clientSeed, input, params } = request;
  return sealBundle(
    {
      domain: chain.domain,
      network,
      parts,
      task: { account, requestId, ...(clientSeed !== undefined && { clientSeed }) },
      model: { name: answer.model },
      input,
      salt,
      params,
      ids,
      text,
      issuedAt: new Date(clock.now()).toISOString(),
    },
    (hash) => signer.sign(hash),
  );
}
