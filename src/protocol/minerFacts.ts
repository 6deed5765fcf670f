import type { Address, Hex } from "../util/types.ts";
import type { Standing } from "./reputation.ts";

/** What a router knows of a miner; times are its own measurements. */
export interface MinerFacts extends Standing {
  readonly miner: Address;
  readonly owner: Address;
  readonly model: Hex;
  /** Prompt and answer together. */
  readonly contextTokens: number;
  /** Settled capability, 0 to 10; undefined counts as 0. */
  readonly class?: number | undefined;
  /** Wei per token. */
  readonly promptPrice: bigint;
  readonly outputPrice: bigint;
  /** It failed lately, and gets no orders for a while. */
  readonly circuitOpen: boolean;
  readonly rttMs: number;
  readonly prefillMsPerToken?: number | undefined;
  readonly decodeMsPerToken?: number | undefined;
  /** What an order costs there now by what it costs alone, from 1; see `strainOf`. Undefined: 1. */
  readonly strain?: number | undefined;
}

/** What an order needs of a miner. */
export interface SelectionTask {
  readonly model: Hex;
  /** Prompt and answer together, as far as they are known. */
  readonly contextTokens: number;
  readonly promptTokens: number;
  /** See `expectedTokens`. */
  readonly expectedTokens: number;
  /** The session's service level. */
  readonly minClass?: number | undefined;
  /** Wei per token; undefined: any. */
  readonly maxPromptPrice?: bigint | undefined;
  readonly maxOutputPrice?: bigint | undefined;
  /** Miners that had this task before. */
  readonly exclude?: ReadonlySet<Address> | undefined;
  /** Owners that have a replica of this task. */
  readonly excludeOwners?: ReadonlySet<Address> | undefined;
  /** The part of the prompt that a miner has in its cache, 0 to 1. */
  readonly prefixMatch?: ((one: MinerFacts) => number) | undefined;
  /** The model's medians, for miners that were not measured yet. */
  readonly usual?: Partial<Pick<MinerFacts, "prefillMsPerToken" | "decodeMsPerToken">> | undefined;
}
