import type { TaskInput } from "../protocol/records.ts";
import type { Decision } from "../protocol/selection.ts";
import type { Address, Hex } from "../util/types.ts";
import type { OrderTimes } from "./measured.ts";
import type { PooledMiner } from "./pooledMiner.ts";

/** What a task asks of a miner. */
export interface Wanted {
  /** Name or modelId. */
  readonly model: string;
  readonly input: TaskInput;
  readonly maxTokens: number;
  /** Miners that had this task before; drawn only when there is no other. */
  readonly avoid: ReadonlySet<Address>;
  /** Who pays; the length of its answers so far is what this one is expected to have. */
  readonly account?: Hex;
  /** This miner and no other, if it serves the model; it may be a newcomer. */
  readonly prefer?: Address;
  /** Owners of the task's other replicas. */
  readonly excludeOwners?: ReadonlySet<Address>;
  /** Service level, 0 to 10. */
  readonly minClass?: number;
  /** Wei per token. */
  readonly maxPromptPrice?: bigint;
  readonly maxOutputPrice?: bigint;
}

/**
 * A free miner, or why there is none: nobody serves the model, or every slot that would do is taken. `hopeless`: waiting
 * does not help, since no miner of the model passes the filters, busy or not.
 */
export type Choice =
  | { readonly miner: PooledMiner; readonly decision: Decision<PooledMiner> }
  | { readonly miner?: undefined; readonly reason: "unserved" }
  | {
      readonly miner?: undefined;
      readonly reason: "busy";
      hopeless(): boolean;
      readonly decision: Decision<PooledMiner>;
    };

/** How an order ended, for what the router knows of its miner. */
export type Outcome =
  /** Broken after its acknowledgement, or refused before. */
  | { readonly broken: boolean }
  /** Says nothing of the miner: its client went away, another miner was quicker, or it leaves in order. */
  | { readonly unjudged: true }
  | (OrderTimes & {
      /** Who pays, where that was not said when the miner was chosen. */
      readonly account?: Hex;
      /** What the miner's memory holds now, if more than the input: the answer as its last message. */
      readonly input?: TaskInput;
    });
