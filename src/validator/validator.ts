import type { Chain, NodeRecord } from "../chain/interface.ts";
import type { Signer } from "../keys/interface.ts";
import type { Log } from "../observability/log.ts";
import { momentOf } from "../protocol/moment.ts";
import type { Clock, Startable } from "../util/types.ts";
import { type AuditSummary, Auditor, type AuditorDeps } from "./auditor.ts";
import { EpochKeeper, type EpochProgress } from "./epochKeeper.ts";
import { Notebook } from "./notebook.ts";
import { SettledBook } from "./settledBook.ts";

/** Nodes are looked for in the registry, and asked, this often. */
const ROUND_MS = 1000;

export interface ValidatorDeps
  extends Pick<AuditorDeps, "draws" | "asker" | "pages" | "recover" | "engineFor" | "cardFor"> {
  readonly chain: Chain;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether a node is there and answers with its key, through whatever router reaches it. */
  ping(node: NodeRecord, signal: AbortSignal): Promise<boolean>;
}

export interface ValidatorFacts extends EpochProgress {
  readonly epoch: number;
  /** Nodes that were asked in the running epoch, of so many. */
  readonly asked: number;
  readonly nodes: number;
  readonly settledTo: number;
  /** What came of the last audits; undefined before the first. */
  readonly audits: AuditSummary | undefined;
}

/**
 * Asks every node once an epoch whether it is there, replays the answers that are drawn, and reports what it saw. Its only
 * state is its key and what it saw.
 */
export class Validator implements Startable {
  readonly #deps: ValidatorDeps;
  readonly #notebook = new Notebook();
  readonly #book: SettledBook;
  readonly #auditor: Auditor;
  readonly #keeper: EpochKeeper;
  readonly #stop = new AbortController();
  readonly #asking = new Set<Promise<void>>();
  #asked = new Set<string>();
  #askedEpoch = -1;
  #nodes: readonly NodeRecord[] = [];
  #cancelRound = (): void => {};

  constructor(deps: ValidatorDeps) {
    this.#deps = deps;
    this.#book = new SettledBook(deps);
    this.#auditor = new Auditor({}, { ...deps, notebook: this.#notebook });
    this.#keeper = new EpochKeeper({
      ...deps,
      notebook: this.#notebook,
      book: this.#book,
      ready: (epoch) => this.#auditor.ready(epoch),
    });
  }

  async start(): Promise<void> {
    await this.#auditor.start();
    await this.#keeper.start();
    void this.#round();
  }

  async stop(): Promise<void> {
    this.#cancelRound();
    this.#stop.abort();
    // Before the keeper, which waits for it.
    await this.#auditor.stop();
    await Promise.all([this.#keeper.stop(), ...this.#asking]);
  }

  facts(): ValidatorFacts {
    const progress = this.#keeper.progress();
    const { epoch } = this.#deps.chain.epoch();
    return {
      ...progress,
      epoch,
      asked: this.#asked.size,
      nodes: this.#nodes.length,
      settledTo: this.#book.newest.epoch,
      audits: this.#auditor.newest,
    };
  }

  /** Asks everybody whose moment in this epoch has come. */
  async #round(): Promise<void> {
    const { chain, clock, log } = this.#deps;
    try {
      this.#nodes = (await chain.nodes()).filter(({ role }) => role !== "validator");
      const { epoch, epochSeconds, endsAt } = chain.epoch();
      if (epoch !== this.#askedEpoch) {
        this.#asked = new Set();
        this.#askedEpoch = epoch;
      }
      const elapsed = epochSeconds - (endsAt - clock.now() / 1000);
      for (const node of this.#nodes) {
        const due = momentOf({ epoch, node: node.address, mac: (message) => this.#deps.signer.mac(message) });
        if (node.since > epoch || this.#asked.has(node.address) || elapsed < due * epochSeconds) continue;
        this.#asked.add(node.address);
        this.#ask(node, epoch);
      }
    } catch (error) {
      log.warn("the nodes could not be read from the registry", {}, error);
    }
    if (!this.#stop.signal.aborted) this.#cancelRound = clock.after(ROUND_MS, () => void this.#round());
  }

  #ask(node: NodeRecord, epoch: number): void {
    const { log } = this.#deps;
    const asking = this.#deps
      .ping(node, this.#stop.signal)
      .catch(() => false)
      .then((answered) => {
        if (this.#stop.signal.aborted) return;
        this.#notebook.answered(epoch, node.index, answered);
        if (!answered) log.info("no answer", { node: node.address, epoch });
      })
      .finally(() => this.#asking.delete(asking));
    this.#asking.add(asking);
  }
}
