import type { Chain } from "../chain/interface.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Signer } from "../keys/interface.ts";
import type { Log } from "../observability/log.ts";
import type { Session } from "../protocol/records.ts";
import type { Address, Hex } from "../util/types.ts";
import type { Edge, RouterLedger } from "./ledger.ts";

/** Sessions to miners last this long, in seconds; the balance returns to the router when they end. */
const LIFETIME_S = 365 * 86_400;
const NO_TERMS: Hex = `0x${"00".repeat(32)}`;

interface Deps {
  readonly chain: Chain;
  readonly ledger: RouterLedger;
  readonly signer: Signer;
  readonly log: Log;
  readonly depositWei: bigint;
  randomBytes32(): Hex;
}

/** Opens one payment session to each miner, paid from the router's own float, and keeps it filled. */
export class MinerSessions {
  readonly #deps: Deps;
  readonly #opening = new Map<Address, Promise<Edge>>();
  readonly #deposits = new Map<Hex, bigint>();
  readonly #filling = new Set<Hex>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** The live session to this miner; opens one when there is none. */
  ensure(miner: Address): Promise<Edge> {
    const running = this.#opening.get(miner);
    if (running !== undefined) return running;
    const work = this.#ensure(miner).finally(() => this.#opening.delete(miner));
    this.#opening.set(miner, work);
    return work;
  }

  async #ensure(miner: Address): Promise<Edge> {
    const known = await this.#live(miner);
    if (known !== undefined) return known;
    const { chain, ledger, signer, depositWei, log } = this.#deps;
    const record = await chain.node(miner);
    if (record?.role !== "miner") throw new CortensorError("peer-protocol", `${miner} is not a registered miner`);
    const session: Session = {
      payer: signer.address,
      signer: signer.address,
      payee: miner,
      recipient: record.owner,
      terms: NO_TERMS,
      expiry: chain.head().timestamp + LIFETIME_S,
      salt: this.#deps.randomBytes32(),
    };
    // Kept before it is opened: a crash in between leaves a session that the next start finds, not a lost deposit.
    const edge = await ledger.addSession(session);
    await chain.as(signer).openSession(session, depositWei);
    this.#deposits.set(edge.id, depositWei);
    log.info("session to miner opened", { miner, session: edge.id });
    return edge;
  }

  async #live(miner: Address): Promise<Edge | undefined> {
    const { chain, ledger, signer, depositWei, log } = this.#deps;
    for (const edge of ledger.minerEdges(miner)) {
      try {
        const state = await chain.session(edge.id);
        if (state === undefined) {
          if (edge.voucher.record.cumulative > 0n) continue;
          await chain.as(signer).openSession(edge.session, depositWei);
          this.#deposits.set(edge.id, depositWei);
          return edge;
        }
        if (state.ended || state.closesAt > 0) continue;
        this.#deposits.set(edge.id, state.depositWei);
        return edge;
      } catch (error) {
        if (!(error instanceof CortensorError) || error.code !== "rpc-unreachable") throw error;
        log.warn("session to miner taken as it was, the chain is away", { miner, session: edge.id });
        return edge;
      }
    }
    return undefined;
  }

  /** Adds to a session of which four fifths are used. Never waits. */
  refill(edge: Edge): void {
    const { chain, signer, depositWei, log } = this.#deps;
    const deposit = this.#deposits.get(edge.id);
    if (deposit === undefined || this.#filling.has(edge.id) || edge.voucher.record.cumulative * 5n < deposit * 4n)
      return;
    this.#filling.add(edge.id);
    chain
      .as(signer)
      .topUp(edge.session, depositWei)
      .then(() => this.#deposits.set(edge.id, deposit + depositWei))
      .catch((error: unknown) => log.warn("session to miner could not be topped up", { session: edge.id }, error))
      .finally(() => this.#filling.delete(edge.id));
  }

  /** Whether the session still covers this much more. */
  covers(edge: Edge, addedWei: bigint): boolean {
    const deposit = this.#deposits.get(edge.id);
    return deposit === undefined || edge.voucher.record.cumulative + addedWei <= deposit;
  }
}
