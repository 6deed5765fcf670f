import type { Chain } from "../chain/interface.ts";
import type { Engine } from "../engine/interface.ts";
import type { Recover } from "../keys/interface.ts";
import { digest, orderHash } from "../protocol/eip712.ts";
import type { Frame } from "../protocol/frames.ts";
import { idsHash, inputHash, orderId, paramsHash } from "../protocol/hash.ts";
import { ORDER_KIND } from "../protocol/records.ts";
import { promptTokensCeiling } from "../protocol/price.ts";
import { promptIds } from "../protocol/promptIds.ts";
import { RENDERER_VERSION } from "../protocol/render.ts";
import type { Address, Hex } from "../util/types.ts";
import type { MinerLedger } from "./ledger.ts";

export type OrderFrame = Extract<Frame, { type: "order" }>;

/** An order that this miner will answer. */
export interface AcceptedOrder {
  readonly frame: OrderFrame;
  readonly hash: Hex;
  readonly id: Hex;
  /** The rendered prompt, without what it resumes. */
  readonly promptIds: readonly number[];
  /** How many new tokens may be made: the order's limit, or what the context leaves. */
  readonly room: number;
}

/** Why an order is not taken; travels as a `refuse` frame. */
export interface Refusal {
  readonly code: string;
  readonly retryable: boolean;
  readonly message: string;
}

export interface DeskDeps {
  readonly chain: Chain;
  readonly engine: Engine;
  readonly ledger: MinerLedger;
  readonly recover: Recover;
  readonly address: Address;
  readonly prices: { readonly promptPrice: bigint; readonly outputPrice: bigint };
}

/** Decides on an order before any work is done. Refusing costs a miner nothing. */
export function judgeOrder(frame: OrderFrame, remote: Address, deps: DeskDeps): AcceptedOrder | Refusal {
  const hash = orderHash(frame.order);
  return wrongPaper(frame, hash, { ...deps, remote }) ?? wrongTerms(frame, hash, deps) ?? fitPrompt(frame, hash, deps);
}

export function isRefusal(verdict: AcceptedOrder | Refusal): verdict is Refusal {
  return "code" in verdict;
}

/** Signature, addressees, hashes, time. */
function wrongPaper(frame: OrderFrame, hash: Hex, deps: DeskDeps & { readonly remote: Address }): Refusal | undefined {
  const { order } = frame;
  const { domain, parameters } = deps.chain;
  const refuse = (message: string): Refusal => ({ code: "bad-order", retryable: false, message });
  if (order.router !== deps.remote || deps.recover(digest(domain, hash), frame.signature) !== deps.remote)
    return refuse(`the order is not signed by ${deps.remote}`);
  if (order.miner !== deps.address) return refuse(`the order is for ${order.miner}`);
  if (order.input !== inputHash(frame.salt, frame.input)) return refuse("the input is not the one that was signed");
  if (order.params !== paramsHash(frame.params)) return refuse("the parameters are not the ones that were signed");
  if (order.resume !== idsHash(frame.resume) || order.from !== frame.resume.length)
    return refuse(`the order goes on from ${order.from} and brings ${frame.resume.length} ids`);
  if (order.kind !== ORDER_KIND.generate && order.kind !== ORDER_KIND.score)
    return refuse(`orders of kind ${order.kind} are not served`);
  if (frame.params.renderer !== RENDERER_VERSION)
    return refuse(`the prompt renderer is version ${RENDERER_VERSION}, not ${frame.params.renderer}`);
  const { epoch } = deps.chain.epoch();
  if (Math.abs(epoch - order.epoch) > 1) return refuse(`the order names epoch ${order.epoch} and it is ${epoch}`);
  const now = deps.chain.head().timestamp;
  // Heads of two nodes differ by the time a block travels; a minute covers it.
  if (order.expiresAt < now || order.expiresAt > now + parameters.orderLifetimeSeconds + 60)
    return refuse(`the order expires at ${order.expiresAt} and the block time is ${now}`);
  return undefined;
}

/** Model, price, and whether the order was seen before. */
function wrongTerms(frame: OrderFrame, hash: Hex, deps: DeskDeps): Refusal | undefined {
  const { order } = frame;
  if (order.model !== deps.engine.model.modelId)
    return { code: "model-unserved", retryable: true, message: `model ${order.model} is not loaded` };
  if (order.promptPrice < deps.prices.promptPrice || order.outputPrice < deps.prices.outputPrice)
    return { code: "price", retryable: true, message: "the order's prices are below this miner's" };
  if (deps.ledger.knows(hash)) return { code: "order-known", retryable: false, message: "the order was taken before" };
  return undefined;
}

function fitPrompt(frame: OrderFrame, hash: Hex, deps: DeskDeps): AcceptedOrder | Refusal {
  const { model } = deps.engine;
  const { epochSeconds, genesis } = deps.chain.parameters;
  const epochStart = genesis + frame.order.epoch * epochSeconds;
  const ids = promptIds({ input: frame.input, epochStart }, deps.engine);
  const free = model.contextTokens - ids.length - frame.resume.length;
  if (free < (frame.order.kind === ORDER_KIND.score ? 0 : 1))
    return {
      code: "context-length",
      retryable: false,
      message: `the prompt has ${ids.length} tokens and ${model.name} takes ${model.contextTokens}`,
    };
  if (ids.length > promptTokensCeiling(frame.input))
    return { code: "bad-order", retryable: false, message: "the prompt has more tokens than the quote allows" };
  const room = Math.min(frame.order.maxTokens - frame.order.from, free);
  return { frame, hash, id: orderId(hash), promptIds: ids, room };
}
