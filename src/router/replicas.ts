import type { Address } from "../util/types.ts";

/** Which owner works at which replica, so that no two are one owner's. */
export class ReplicaOwners {
  readonly #taken = new Map<number, Address>();
  readonly #others = new Map<number, Set<Address>>();

  /** The owners of all other replicas; the same set, kept up to date, for each call. */
  others(replica: number): ReadonlySet<Address> {
    const known = this.#others.get(replica) ?? new Set();
    this.#others.set(replica, known);
    this.#refresh(replica, known);
    return known;
  }

  take(replica: number, owner: Address): void {
    this.#taken.set(replica, owner);
    for (const [other, owners] of this.#others) this.#refresh(other, owners);
  }

  #refresh(replica: number, owners: Set<Address>): void {
    owners.clear();
    for (const [other, owner] of this.#taken) if (other !== replica) owners.add(owner);
  }
}
