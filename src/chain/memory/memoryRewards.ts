import type { RosterNode } from "../../protocol/payout.ts";
import { payoutLeaf, rootOfProof } from "../../protocol/payoutTree.ts";
import { type Opening, sealOf } from "../../protocol/reportSeal.ts";
import { epochEmission } from "../../protocol/rewards.ts";
import type { Address, Hex } from "../../util/types.ts";
import type { Anchor, Ballot, Claim, Commit, EpochRecord } from "../interface.ts";
import type { DeploymentParameters } from "../parameters.ts";
import { type Phase, phaseAt } from "../../protocol/phase.ts";
import { rejected } from "../rejected.ts";
import { rosterAt, validatorWeight } from "../roster.ts";
import type { Bank } from "./bank.ts";
import type { MemoryRegistry } from "./memoryRegistry.ts";

const NOBODY: Address = `0x${"00".repeat(20)}`;
const ABSTENTION: Hex = `0x${"00".repeat(32)}`;

interface Deps {
  readonly bank: Bank;
  readonly registry: MemoryRegistry;
  readonly parameters: DeploymentParameters;
  /** Block time in seconds. */
  now(): number;
}

interface Epoch {
  readonly anchors: EpochRecord["anchors"][number][];
  readonly commits: EpochRecord["commits"][number][];
  readonly reveals: EpochRecord["reveals"][number][];
}

/** `EpochRewards.sol` in memory: the same checks in the same order. */
export class MemoryRewards {
  readonly #deps: Deps;
  readonly #epochs = new Map<number, Epoch>();
  readonly #votes = new Map<string, bigint>();
  readonly #payouts = new Map<number, Hex>();
  readonly #claimed = new Map<Address, bigint>();
  #settledEpochs = 0;
  #mintedWei = 0n;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  get settledEpochs(): number {
    return this.#settledEpochs;
  }

  record(epoch: number): EpochRecord {
    const { anchors, commits, reveals } = this.#epoch(epoch);
    const { events } = this.#deps.registry;
    return {
      epoch,
      nodes: rosterAt(events, epoch),
      totalWeight: validatorWeight(events, epoch + 1),
      anchors: [...anchors],
      commits: [...commits],
      reveals: [...reveals],
    };
  }

  ballot(node: Address): Ballot {
    const last = (did: (epoch: Epoch) => boolean): number | undefined => {
      const epochs = [...this.#epochs].filter(([, epoch]) => did(epoch)).map(([number]) => number);
      return epochs.length === 0 ? undefined : Math.max(...epochs);
    };
    return {
      anchored: last(({ anchors }) => anchors.some((anchor) => anchor.node === node)),
      committed: last(({ commits }) => commits.some(({ validator }) => validator === node)),
      revealed: last(({ reveals }) => reveals.some(({ validator }) => validator === node)),
    };
  }

  votes(epoch: number, payout: Hex): bigint {
    return this.#votes.get(`${epoch} ${payout}`) ?? 0n;
  }

  payout(epoch: number): Hex | undefined {
    return this.#payouts.get(epoch);
  }

  claimed(owner: Address): bigint {
    return this.#claimed.get(owner) ?? 0n;
  }

  anchor(sender: Address, { epoch, root, count, feeSumWei }: Anchor): void {
    const action = `anchor the receipts of epoch ${epoch}`;
    this.#checkPhase(epoch, "anchor", action);
    this.#active(sender, epoch, action);
    const { anchors } = this.#epoch(epoch);
    if (anchors.some(({ node }) => node === sender)) throw rejected("AlreadyDone", { action });
    anchors.push({ node: sender, root, count, feeSumWei });
  }

  commit(sender: Address, { epoch, seal, report }: Commit): void {
    const action = `commit the report of epoch ${epoch}`;
    this.#checkPhase(epoch, "commit", action);
    if (this.#active(sender, epoch, action).role !== "validator") throw rejected("NotActive", { action });
    const [length, maximum] = [report.length / 2 - 1, this.#deps.parameters.reportBytes];
    if (length > maximum) {
      throw rejected("ReportTooLong", { action, args: { length: BigInt(length), maximum: BigInt(maximum) } });
    }
    const { commits } = this.#epoch(epoch);
    if (commits.some(({ validator }) => validator === sender)) throw rejected("AlreadyDone", { action });
    commits.push({ validator: sender, seal, report });
  }

  reveal(opening: Opening): void {
    const { epoch, validator, key, payout } = opening;
    const action = `reveal the report of epoch ${epoch}`;
    this.#checkPhase(epoch, "reveal", action);
    const { commits, reveals } = this.#epoch(epoch);
    if (reveals.some((reveal) => reveal.validator === validator)) throw rejected("AlreadyDone", { action });
    const commit = commits.find((sealed) => sealed.validator === validator);
    if (commit?.seal !== sealOf(opening)) throw rejected("BadSeal", { action });
    const weight = this.#weighted(epoch + 1).find(({ address }) => address === validator)?.stakeWei ?? 0n;
    reveals.push({ validator, key, payout, weight });
    if (epoch > 0 && payout !== ABSTENTION) this.#vote(epoch - 1, payout, weight);
  }

  claim({ owner, epoch, cumulativeWei, proof }: Claim): void {
    const action = `claim the rewards of ${owner}`;
    const root = this.#payouts.get(epoch);
    if (root === undefined) throw rejected("NotSettled", { action });
    if (owner === NOBODY || rootOfProof(payoutLeaf(owner, cumulativeWei), proof) !== root)
      throw rejected("BadProof", { action });
    const claimed = this.claimed(owner);
    if (cumulativeWei <= claimed) {
      throw rejected("NothingToClaim", { action, args: { cumulative: cumulativeWei, claimed } });
    }
    const amount = cumulativeWei - claimed;
    const allowed = this.#emitted();
    if (this.#mintedWei + amount > allowed) {
      throw rejected("EmissionExceeded", { action, args: { minted: this.#mintedWei, amount, allowed } });
    }
    this.#mintedWei += amount;
    this.#claimed.set(owner, cumulativeWei);
    this.#deps.bank.mint(owner, amount);
  }

  suspend(validator: Address): void {
    const action = `suspend ${validator}`;
    const { parameters, registry } = this.#deps;
    const { reported, phase } = phaseAt(this.#deps.now(), parameters);
    const over = Math.max(0, phase === "settle" ? reported + 1 : reported);
    const revealed = (this.ballot(validator).revealed ?? -1) + 1;
    const since = registry.one(validator)?.since ?? 0;
    if (over < Math.max(revealed, since) + parameters.idleEpochs) {
      throw rejected("NotIdle", { action, args: { lastReveal: BigInt(revealed) } });
    }
    registry.suspend(validator);
  }

  #vote(epoch: number, payout: Hex, weight: bigint): void {
    const sum = this.votes(epoch, payout) + weight;
    this.#votes.set(`${epoch} ${payout}`, sum);
    const total = validatorWeight(this.#deps.registry.events, epoch + 2);
    if (this.#payouts.has(epoch) || 3n * sum < 2n * total) return;
    this.#payouts.set(epoch, payout);
    this.#settledEpochs = epoch + 1;
  }

  #checkPhase(epoch: number, wanted: Phase, action: string): void {
    const { reported, phase } = phaseAt(this.#deps.now(), this.#deps.parameters);
    if (reported !== epoch || phase !== wanted) throw rejected("WrongPhase", { action });
  }

  #active(node: Address, epoch: number, action: string): RosterNode {
    const found = this.#weighted(epoch + 1).find(({ address }) => address === node);
    const since = this.#deps.registry.one(node)?.since;
    if (found === undefined || since === undefined || since > epoch) throw rejected("NotActive", { action });
    return found;
  }

  #weighted(epoch: number): readonly RosterNode[] {
    return rosterAt(this.#deps.registry.events, epoch);
  }

  #emitted(): bigint {
    const epochs = Array.from({ length: this.#settledEpochs }, (_, epoch) => epoch);
    return epochs.reduce((sum, epoch) => sum + epochEmission(epoch, this.#deps.parameters), 0n);
  }

  #epoch(epoch: number): Epoch {
    const known = this.#epochs.get(epoch) ?? { anchors: [], commits: [], reveals: [] };
    this.#epochs.set(epoch, known);
    return known;
  }
}
