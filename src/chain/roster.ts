import type { RosterNode } from "../protocol/payout.ts";
import type { Address } from "../util/types.ts";
import type { Role } from "./interface.ts";

/** What changes who counts in which epoch, as the registry's events tell it. */
export type RegistryEvent =
  | {
      readonly kind: "registered";
      readonly node: Address;
      readonly owner: Address;
      readonly role: Role;
      readonly index: number;
      readonly since: number;
      readonly stakeWei: bigint;
    }
  | { readonly kind: "stake"; readonly node: Address; readonly stakeWei: bigint; readonly fromEpoch: number }
  | { readonly kind: "suspended" | "resumed"; readonly node: Address; readonly fromEpoch: number };

/** From an epoch on. */
interface Change {
  readonly from: number;
  readonly stakeWei: bigint;
  readonly suspended: boolean;
  readonly since: number;
}

/** A key can be registered again after it has left. */
interface Life {
  readonly address: Address;
  readonly owner: Address;
  readonly role: Role;
  readonly index: number;
  readonly changes: Change[];
}

/** The nodes with weight in an epoch, by address. Events of later epochs change nothing in it. */
export function rosterAt(events: readonly RegistryEvent[], epoch: number): readonly RosterNode[] {
  const nodes = livesOf(events).flatMap(({ address, owner, role, index, changes }) => {
    const now = changes.findLast(({ from }) => from <= epoch);
    if (now === undefined || now.suspended || now.stakeWei === 0n) return [];
    return [{ address, owner, role, index, since: now.since, stakeWei: now.stakeWei }];
  });
  return nodes.toSorted((a, b) => (a.address < b.address ? -1 : 1));
}

/** Of all validators, in wei. */
export function validatorWeight(events: readonly RegistryEvent[], epoch: number): bigint {
  return rosterAt(events, epoch).reduce((sum, { role, stakeWei }) => (role === "validator" ? sum + stakeWei : sum), 0n);
}

function livesOf(events: readonly RegistryEvent[]): readonly Life[] {
  const lives: Life[] = [];
  const current = new Map<Address, Life>();
  for (const event of events) {
    if (event.kind === "registered") {
      const { node, owner, role, index, since, stakeWei } = event;
      const changes = [{ from: since, stakeWei, suspended: false, since }];
      const life = { address: node, owner, role, index, changes };
      lives.push(life);
      current.set(node, life);
      continue;
    }
    const changes = current.get(event.node)?.changes;
    const last = changes?.at(-1);
    if (last !== undefined) changes?.push(changed(last, event));
  }
  return lives;
}

function changed(last: Change, event: Exclude<RegistryEvent, { kind: "registered" }>): Change {
  const from = event.fromEpoch;
  if (event.kind === "stake") return { ...last, from, stakeWei: event.stakeWei };
  if (event.kind === "suspended") return { ...last, from, suspended: true };
  return { ...last, from, suspended: false, since: from };
}
