import type { Chain } from "../chain/interface.ts";
import { phaseAt } from "../protocol/phase.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Signer } from "../keys/interface.ts";
import type { Log } from "../observability/log.ts";
import { encodeReport } from "../protocol/report.ts";
import { type Opening, reportLabel, sealedReport } from "../protocol/reportSeal.ts";
import { settledRoot } from "../protocol/settled.ts";
import type { Hex, Startable } from "../util/types.ts";
import type { Notebook } from "./notebook.ts";
import type { SettledBook } from "./settledBook.ts";

const NO_VOTE: Hex = `0x${"00".repeat(32)}`;

export interface EpochKeeperDeps {
  readonly chain: Chain;
  readonly signer: Signer;
  readonly notebook: Notebook;
  readonly book: SettledBook;
  readonly log: Log;
  /** Resolves when what is noted of an epoch can be reported, in time for that; at once if not given. */
  ready?(epoch: number): Promise<void>;
}

/** Where a validator stands with the epoch that ended last. */
export interface EpochProgress {
  /** -1 before the first epoch has ended. */
  readonly reported: number;
  readonly phase: "anchor" | "commit" | "reveal" | "settle";
  readonly committed: boolean;
  readonly revealed: boolean;
}

/**
 * Reports each epoch once it is over: sealed in its commit phase, opened in its reveal phase, and with it the vote for the
 * payouts through the epoch before. What it has done already is on the chain, and key and vote can be found again from the
 * node's key alone, so a validator may die at any moment and go on anywhere.
 */
export class EpochKeeper implements Startable {
  readonly #deps: EpochKeeperDeps;
  #stopListening = (): void => {};
  #running: Promise<void> = Promise.resolve();
  #busy = false;
  #committed = -1;
  #revealed = -1;
  /** Epoch that the chain did not take a report for. */
  #skipped = -1;
  #failing = false;

  constructor(deps: EpochKeeperDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const { chain, signer } = this.#deps;
    const { committed = -1, revealed = -1 } = await chain.ballot(signer.address);
    this.#committed = committed;
    this.#revealed = revealed;
    this.#stopListening = chain.onHead(() => this.#look());
    this.#look();
  }

  async stop(): Promise<void> {
    this.#stopListening();
    await this.#running;
  }

  progress(): EpochProgress {
    const { chain } = this.#deps;
    const { reported, phase } = phaseAt(chain.head().timestamp, chain.parameters);
    return { reported, phase, committed: this.#committed >= reported, revealed: this.#revealed >= reported };
  }

  #look(): void {
    if (this.#busy) return;
    const { reported, phase, committed, revealed } = this.progress();
    if (reported < 0 || reported === this.#skipped) return;
    const due = phase === "commit" ? !committed : phase === "reveal" && this.#committed === reported && !revealed;
    if (!due) return;
    this.#busy = true;
    this.#running = this.#act(reported, phase)
      .then(() => (this.#failing = false))
      .catch((error: unknown) => this.#failed(error, { reported, phase }))
      .then(() => {
        this.#busy = false;
      });
  }

  async #act(epoch: number, phase: string): Promise<void> {
    const { chain, signer, notebook, log } = this.#deps;
    const actor = chain.as(signer);
    const opening = await this.#opening(epoch);
    if (phase === "commit") {
      await this.#deps.ready?.(epoch);
      await actor.commit({ epoch, ...sealedReport(encodeReport(notebook.report(epoch)), opening) });
      this.#committed = epoch;
      log.info("committed", { epoch, nodes: notebook.seen(epoch) });
    } else {
      await actor.reveal(opening);
      this.#revealed = epoch;
      log.info("revealed", { epoch, payout: opening.payout });
    }
  }

  /** The same for the same epoch, whichever process works it out. */
  async #opening(epoch: number): Promise<Opening> {
    const { chain, signer, book } = this.#deps;
    const key = signer.mac(reportLabel(chain.domain, epoch));
    // Before epoch 0 there is nothing to vote on.
    const payout = epoch === 0 ? NO_VOTE : settledRoot(await book.through(epoch - 1));
    return { key, validator: signer.address, epoch, payout };
  }

  /** A validator that does not count yet is refused until it does; that is how it begins. */
  #failed(error: unknown, { reported, phase }: { reported: number; phase: string }): void {
    const { log } = this.#deps;
    if (error instanceof CortensorError && error.code === "chain-rejected") {
      this.#skipped = reported;
      return log.info("the epoch goes on without this validator", { epoch: reported, phase, why: error.message });
    }
    if (!this.#failing) log.warn("the epoch's report has to be sent again", { epoch: reported, phase }, error);
    this.#failing = true;
  }
}
