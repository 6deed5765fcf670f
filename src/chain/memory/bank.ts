import type { Address } from "../../util/types.ts";
import { rejected } from "../rejected.ts";

/** Balances of COR. */
export class Bank {
  readonly #balances = new Map<Address, bigint>();

  of(address: Address): bigint {
    return this.#balances.get(address) ?? 0n;
  }

  mint(to: Address, amountWei: bigint): void {
    this.#balances.set(to, this.of(to) + amountWei);
  }

  move(amountWei: bigint, { from, to, action }: { from: Address; to: Address; action: string }): void {
    const balance = this.of(from);
    if (balance < amountWei) {
      throw rejected("ERC20InsufficientBalance", { action, args: { sender: from, balance, needed: amountWei } });
    }
    this.#balances.set(from, balance - amountWei);
    this.mint(to, amountWei);
  }
}
