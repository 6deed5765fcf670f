import type { Chain } from "../chain/interface.ts";
import type { Signer } from "../keys/interface.ts";
import { digest, orderHash } from "../protocol/eip712.ts";
import { idsHash } from "../protocol/hash.ts";
import { ORDER_KIND, type Order } from "../protocol/records.ts";
import type { Hex } from "../util/types.ts";
import type { OrderFrame } from "./attempt.ts";
import type { PooledMiner } from "./minerPool.ts";
import type { TaskRequest } from "./task.ts";

/** What does not change between the attempts at one task. */
export interface OrderTerms {
  readonly id: Hex;
  readonly request: TaskRequest;
  readonly salt: Hex;
  /** Hashes of input and parameters. */
  readonly input: Hex;
  readonly params: Hex;
  readonly seed: bigint;
}

/** One attempt's order, signed. It goes on after the ids in `resume`. */
export function signOrder(
  terms: OrderTerms,
  {
    miner,
    number,
    resume,
    timeoutMs,
    replica = 0,
    kind = ORDER_KIND.generate,
  }: {
    miner: PooledMiner;
    number: number;
    resume: readonly number[];
    timeoutMs: number;
    replica?: number;
    kind?: number;
  },
  { chain, signer }: { readonly chain: Chain; readonly signer: Signer },
): OrderFrame {
  const { request, salt } = terms;
  const order: Order = {
    task: terms.id,
    attempt: number,
    replica,
    kind,
    epoch: chain.epoch().epoch,
    router: signer.address,
    miner: miner.address,
    session: miner.session,
    model: miner.modelId,
    input: terms.input,
    params: terms.params,
    seed: terms.seed,
    from: resume.length,
    resume: idsHash(resume),
    maxTokens: request.params.maxTokens,
    promptPrice: miner.promptPrice,
    outputPrice: miner.outputPrice,
    deadlineMs: timeoutMs,
    expiresAt: chain.head().timestamp + chain.parameters.orderLifetimeSeconds,
  };
  const signature = signer.sign(digest(chain.domain, orderHash(order)));
  return { type: "order", order, signature, input: request.input, salt, params: request.params, resume: [...resume] };
}
