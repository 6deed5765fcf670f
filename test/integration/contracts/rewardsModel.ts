import { type RegistryModel, VALIDATOR } from "./registryModel.ts";

/** What a validator seals. */
export interface Sealed {
  readonly key: string;
  readonly validator: string;
  readonly epoch: number;
  readonly payout: string;
}

export type RewardsOperation =
  | { readonly kind: "anchor"; readonly epoch: number }
  | { readonly kind: "commit"; readonly epoch: number; readonly sealed: Sealed; readonly bytes: number }
  | { readonly kind: "reveal"; readonly opened: Sealed }
  | {
      readonly kind: "claim";
      readonly owner: string;
      readonly epoch: number;
      readonly cumulative: bigint;
      /** The root to which the proof leads. */
      readonly proves: string | undefined;
    }
  | { readonly kind: "suspend"; readonly validator: string };

export type RewardsExpected = { readonly events: readonly string[] } | { readonly error: string };

export interface Schedule {
  readonly genesis: number;
  readonly epochSeconds: number;
  readonly anchorSeconds: number;
  readonly commitSeconds: number;
  readonly revealSeconds: number;
  readonly reportBytes: number;
  readonly idleEpochs: number;
  readonly emission: bigint;
  readonly halvingEpochs: number;
}

interface Call {
  readonly from: string;
  readonly now: number;
}

export const NOTHING = `0x${"00".repeat(32)}`;
const NOBODY = `0x${"00".repeat(20)}`;

/** What `EpochRewards` should do, said again with everything that ever happened kept. */
export class RewardsModel {
  readonly payouts = new Map<number, string>();
  readonly claimed = new Map<string, bigint>();
  /** Block times at which seals and openings of an epoch came in. */
  readonly committedAt = new Map<number, number[]>();
  readonly revealedAt = new Map<number, number[]>();
  readonly #anchored = new Set<string>();
  readonly #sealed = new Map<string, Sealed>();
  readonly #revealed = new Map<string, Set<number>>();
  readonly #votes = new Map<string, bigint>();
  readonly #limits: Schedule;
  readonly #registry: RegistryModel;

  constructor(limits: Schedule, registry: RegistryModel) {
    this.#limits = limits;
    this.#registry = registry;
  }

  get minted(): bigint {
    return [...this.claimed.values()].reduce((sum, amount) => sum + amount, 0n);
  }

  get settledEpochs(): number {
    return Math.max(0, ...[...this.payouts.keys()].map((epoch) => epoch + 1));
  }

  /** Of the epochs before this one. */
  emission(epochs: number): bigint {
    const { emission, halvingEpochs } = this.#limits;
    const each = Array.from({ length: epochs }, (_, epoch) => emission >> BigInt(Math.floor(epoch / halvingEpochs)));
    return each.reduce((sum, amount) => sum + amount, 0n);
  }

  votes(epoch: number, payout: string): bigint {
    return this.#votes.get(`${epoch} ${payout}`) ?? 0n;
  }

  sealedBy(validator: string, epoch: number): Sealed | undefined {
    return this.#sealed.get(`${validator} ${epoch}`);
  }

  apply(operation: RewardsOperation, call: Call): RewardsExpected {
    if (operation.kind === "anchor") return this.#anchor(operation.epoch, call);
    if (operation.kind === "commit") return this.#commit(operation, call);
    if (operation.kind === "reveal") return this.#reveal(operation.opened, call);
    return operation.kind === "claim" ? this.#claim(operation) : this.#suspend(operation.validator, call);
  }

  #anchor(epoch: number, { from, now }: Call): RewardsExpected {
    const { anchorSeconds } = this.#limits;
    if (!this.#inPhase(epoch, now, [0, anchorSeconds])) return { error: "WrongPhase" };
    if (!this.#isActive(from, epoch)) return { error: "NotActive" };
    if (this.#anchored.has(`${from} ${epoch}`)) return { error: "AlreadyDone" };
    this.#anchored.add(`${from} ${epoch}`);
    return { events: ["Anchored"] };
  }

  #commit(operation: RewardsOperation & { kind: "commit" }, { from, now }: Call): RewardsExpected {
    const { anchorSeconds, commitSeconds, reportBytes } = this.#limits;
    const { epoch, sealed, bytes } = operation;
    if (!this.#inPhase(epoch, now, [anchorSeconds, commitSeconds])) return { error: "WrongPhase" };
    if (!this.#isActive(from, epoch) || this.#registry.nodes.get(from)?.role !== VALIDATOR)
      return { error: "NotActive" };
    if (bytes > reportBytes) return { error: "ReportTooLong" };
    if (this.sealedBy(from, epoch) !== undefined) return { error: "AlreadyDone" };
    this.#sealed.set(`${from} ${epoch}`, sealed);
    this.committedAt.set(epoch, [...(this.committedAt.get(epoch) ?? []), now]);
    return { events: ["Committed"] };
  }

  #reveal(opened: Sealed, { now }: Call): RewardsExpected {
    const { commitSeconds, revealSeconds } = this.#limits;
    const { validator, epoch, payout } = opened;
    if (!this.#inPhase(epoch, now, [commitSeconds, revealSeconds])) return { error: "WrongPhase" };
    const before = this.#revealed.get(validator) ?? new Set();
    if (before.has(epoch)) return { error: "AlreadyDone" };
    const sealed = this.sealedBy(validator, epoch);
    if (sealed === undefined || JSON.stringify(sealed) !== JSON.stringify(opened)) return { error: "BadSeal" };
    this.#revealed.set(validator, before.add(epoch));
    this.revealedAt.set(epoch, [...(this.revealedAt.get(epoch) ?? []), now]);
    if (epoch === 0 || payout === NOTHING) return { events: ["Revealed"] };
    const weight = this.votes(epoch - 1, payout) + this.#registry.weightOf(validator, epoch + 1);
    this.#votes.set(`${epoch - 1} ${payout}`, weight);
    const enough = 3n * weight >= 2n * this.#registry.validatorWeight(epoch + 1);
    if (!enough || this.payouts.has(epoch - 1)) return { events: ["Revealed"] };
    this.payouts.set(epoch - 1, payout);
    return { events: ["Revealed", "Settled"] };
  }

  #claim({ owner, epoch, cumulative, proves }: RewardsOperation & { kind: "claim" }): RewardsExpected {
    const root = this.payouts.get(epoch);
    if (root === undefined) return { error: "NotSettled" };
    if (proves !== root || owner === NOBODY) return { error: "BadProof" };
    const amount = cumulative - (this.claimed.get(owner) ?? 0n);
    if (amount <= 0n) return { error: "NothingToClaim" };
    if (this.minted + amount > this.emission(this.settledEpochs)) return { error: "EmissionExceeded" };
    this.claimed.set(owner, cumulative);
    return { events: ["Claimed"] };
  }

  #suspend(validator: string, { now }: Call): RewardsExpected {
    const { revealSeconds, idleEpochs } = this.#limits;
    const [epoch, seconds] = this.#timeOf(now);
    const newest = seconds >= revealSeconds ? epoch - 1 : epoch - 2;
    const since = this.#registry.nodes.get(validator)?.since ?? 0;
    const last = Math.max(since - 1, ...(this.#revealed.get(validator) ?? []));
    if (newest - last < idleEpochs) return { error: "NotIdle" };
    const done = this.#registry.apply({ kind: "suspend", node: validator }, { from: "rewards", now });
    // The event is the registry's.
    return "error" in done ? done : { events: [] };
  }

  #isActive(node: string, epoch: number): boolean {
    const since = this.#registry.nodes.get(node)?.since;
    return since !== undefined && since <= epoch && this.#registry.weightOf(node, epoch + 1) > 0n;
  }

  #inPhase(epoch: number, now: number, [from, until]: readonly [number, number]): boolean {
    const [current, seconds] = this.#timeOf(now);
    return current === epoch + 1 && seconds >= from && seconds < until;
  }

  #timeOf(now: number): [number, number] {
    const { genesis, epochSeconds } = this.#limits;
    return [Math.floor((now - genesis) / epochSeconds), (now - genesis) % epochSeconds];
  }
}
