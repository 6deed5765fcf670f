import { CortensorError } from "../errors/cortensorError.ts";
import type { Address } from "../util/types.ts";
import type { FinishReason } from "./records.ts";

/** The most attempts at one task that a router may be set to: the first one, retries, and those that resume an answer. */
export const MAX_ATTEMPTS = 16;

/**
 * Where a task stands. `validated`: the router checked signatures, counts and ids; `closed`: paid and stored. The last
 * three never change again.
 */
export type TaskStatus =
  | "created"
  | "assigned"
  | "acknowledged"
  | "running"
  | "precommitted"
  | "committed"
  | "validated"
  | "closed"
  | "failed"
  | "cancelled";

export interface TaskState {
  readonly status: TaskStatus;
  /** Attempts begun so far. */
  readonly attempts: number;
  /** Output tokens accepted so far, over all attempts. */
  readonly outputTokens: number;
  /** Who works at it now, or gave the answer. */
  readonly miner?: Address;
  /** From `committed` on. */
  readonly finish?: FinishReason;
  /** Why it failed, or why the last attempt was lost. */
  readonly code?: string;
}

export type TaskEvent =
  /** An order is sent to a miner. */
  | { readonly type: "assign"; readonly miner: Address }
  /** The miner promised to answer. */
  | { readonly type: "acknowledge" }
  /** New output tokens were accepted: so many there are now, over all attempts. */
  | { readonly type: "tokens"; readonly outputTokens: number }
  /** The attempt is over without the whole answer: refused, late, stalled or cut off. Another one may follow. */
  | { readonly type: "lose"; readonly code: string }
  /** The miner committed itself to an answer that it still keeps to itself (redundancy). */
  | { readonly type: "precommit" }
  /** The last token is there, and with it why it is the last. */
  | { readonly type: "commit"; readonly finish: FinishReason }
  | { readonly type: "validate" }
  | { readonly type: "close" }
  | { readonly type: "fail"; readonly code: string }
  /** The client went away. From `committed` on there is a whole answer, and nothing left to cancel. */
  | { readonly type: "cancel" };

export const CREATED: TaskState = { status: "created", attempts: 0, outputTokens: 0 };

type Moves = Readonly<Partial<Record<TaskEvent["type"], TaskStatus>>>;

const MOVES: Readonly<Record<TaskStatus, Moves>> = {
  created: { assign: "assigned", fail: "failed", cancel: "cancelled" },
  assigned: { acknowledge: "acknowledged", lose: "created", fail: "failed", cancel: "cancelled" },
  // An answer that is cancelled before its first token is whole as well.
  acknowledged: { tokens: "running", commit: "committed", lose: "created", fail: "failed", cancel: "cancelled" },
  running: {
    tokens: "running",
    precommit: "precommitted",
    commit: "committed",
    lose: "created",
    fail: "failed",
    cancel: "cancelled",
  },
  precommitted: { commit: "committed", lose: "created", fail: "failed", cancel: "cancelled" },
  committed: { validate: "validated", fail: "failed" },
  validated: { close: "closed", fail: "failed" },
  closed: {},
  failed: {},
  cancelled: {},
};

/** An event came that cannot happen now: a bug of whoever sent it. */
export class IllegalTransition extends CortensorError {
  constructor(state: TaskState, event: TaskEvent) {
    super("internal", `A task that is ${state.status} cannot take the event ${event.type}.`, {
      data: { state, event },
    });
  }
}

/** The task after the event. Throws `IllegalTransition` where the event cannot happen. */
export function next(state: TaskState, event: TaskEvent): TaskState {
  const status = MOVES[state.status][event.type];
  if (status === undefined) throw new IllegalTransition(state, event);
  switch (event.type) {
    case "assign":
      if (state.attempts >= MAX_ATTEMPTS) throw new IllegalTransition(state, event);
      return { ...state, status, miner: event.miner, attempts: state.attempts + 1 };
    case "tokens":
      // An accepted token is never taken back.
      if (event.outputTokens <= state.outputTokens) throw new IllegalTransition(state, event);
      return { ...state, status, outputTokens: event.outputTokens };
    case "commit":
      return { ...state, status, finish: event.finish };
    case "lose":
      return { ...withoutMiner(state), status, code: event.code };
    case "fail":
      return { ...state, status, code: event.code };
    case "acknowledge":
    case "precommit":
    case "validate":
    case "close":
    case "cancel":
      break;
  }
  return { ...state, status };
}

/** Whether the event can happen now; for the races of the world, such as a client that leaves as the answer ends. */
export function canTake(state: TaskState, type: TaskEvent["type"]): boolean {
  return MOVES[state.status][type] !== undefined && (type !== "assign" || state.attempts < MAX_ATTEMPTS);
}

/** Whether the task is over. */
export function isOver({ status }: TaskState): boolean {
  return Object.keys(MOVES[status]).length === 0;
}

function withoutMiner({ status, attempts, outputTokens }: TaskState): TaskState {
  return { status, attempts, outputTokens };
}
