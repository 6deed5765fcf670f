import type { DrawSource, EpochDraw } from "../audit/sampleDesk.ts";
import type { Chain, EpochRecord, NodeRecord } from "../chain/interface.ts";
import type { Recover, Signer } from "../keys/interface.ts";
import type { Log } from "../observability/log.ts";
import { drawnLeaves, dueValidators } from "../protocol/draw.ts";
import { phaseAt } from "../protocol/phase.ts";
import { ORDER_KIND } from "../protocol/records.ts";
import type { Transcript } from "../protocol/transcript.ts";
import { sleep } from "../util/async.ts";
import type { Address, Clock, Hex, Startable } from "../util/types.ts";
import { type BlockDeadline, blockDeadline } from "./blockDeadline.ts";
import type { LeafPages, ListedLeaf } from "./leafList.ts";
import { LeafLister } from "./leafLister.ts";
import type { Notebook } from "./notebook.ts";
import { ReplayDesk, type ReplayDeskDeps } from "./replayDesk.ts";
import { type Routes, type SourceDeps, TranscriptSource } from "./transcriptSource.ts";

export interface AuditorOptions {
  /** What was not given is asked for again after so long; 2 s if not given. */
  readonly retryMs?: number;
  /** How long one node may take for one transcript; 5 s if not given. */
  readonly answerMs?: number;
}

export interface AuditorDeps extends ReplayDeskDeps {
  readonly chain: Chain;
  readonly draws: DrawSource;
  readonly asker: SourceDeps["asker"];
  readonly pages: LeafPages;
  readonly signer: Pick<Signer, "address">;
  readonly recover: Recover;
  readonly notebook: Notebook;
  readonly clock: Clock;
  readonly log: Log;
}

/** What came of the audits of one epoch. */
export interface AuditSummary {
  readonly epoch: number;
  /** Leaves that are drawn, and those of them that this validator replays. */
  readonly drawn: number;
  readonly due: number;
  readonly replayed: number;
  readonly passes: number;
  readonly fails: number;
  /** Leaves whose transcript nobody gave, and routers whose list is not what they anchored. */
  readonly withheld: number;
  readonly wrongLists: number;
}

/** Of the commit phase, until when lists are waited for, and until when the audits end: reports have to be sealed in it. */
const LISTS_SHARE = 0.25;
const AUDITS_SHARE = 0.75;

interface DueLeaf extends ListedLeaf {
  /** Its place among the drawn leaves. */
  readonly at: number;
}

interface Audit {
  readonly anchors: EpochRecord["anchors"];
  readonly roster: ReadonlyMap<Address, EpochRecord["nodes"][number]>;
  readonly routes: Routes;
  readonly counts: { -readonly [Key in keyof AuditSummary]: AuditSummary[Key] };
  /** Leaves that were asked for, and not given so far. */
  readonly missing: Map<Hex, DueLeaf>;
}

/**
 * Once an epoch, after the block that draws: gets what was drawn, replays it, one after the other, and notes what it finds.
 * A validator without a model of the network only sees who withholds.
 */
export class Auditor implements Startable {
  readonly #deps: AuditorDeps;
  readonly #retryMs: number;
  readonly #lister: LeafLister;
  readonly #desk: ReplayDesk;
  readonly #source: TranscriptSource;
  readonly #stop = new AbortController();
  readonly #waiters = new Set<() => void>();
  #stopListening = (): void => {};
  #running: Promise<void> | undefined;
  #doneTo = -1;
  #newest: AuditSummary | undefined;
  #failing = false;

  constructor({ retryMs = 2000, answerMs = 5000 }: AuditorOptions, deps: AuditorDeps) {
    this.#deps = deps;
    this.#retryMs = retryMs;
    this.#lister = new LeafLister({ retryMs }, deps);
    this.#desk = new ReplayDesk(deps);
    this.#source = new TranscriptSource({ asker: deps.asker, clock: deps.clock, answerMs });
  }

  async start(): Promise<void> {
    this.#stopListening = this.#deps.chain.onHead(() => this.#look());
    this.#look();
  }

  async stop(): Promise<void> {
    this.#stopListening();
    this.#stop.abort();
    this.#wake();
    await this.#running;
  }

  /** Of the last epoch that was audited. */
  get newest(): AuditSummary | undefined {
    return this.#newest;
  }

  /** Resolves when the epoch's audits are over, or their time is: what is noted then can be reported. */
  async ready(epoch: number): Promise<void> {
    const deadline = this.#deadline(epoch, AUDITS_SHARE);
    const over = new Promise<void>((resolve) => deadline.signal.addEventListener("abort", () => resolve()));
    try {
      while (this.#doneTo < epoch && !this.#stop.signal.aborted && !deadline.signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#waiters.add(resolve);
        await Promise.race([promise, over]);
        this.#waiters.delete(resolve);
      }
    } finally {
      deadline.release();
    }
  }

  /**
   * Audits an epoch that was drawn; undefined before it is. It ends by itself before reports have to be sealed: what was not
   * replayed then is left out. Rejects with the signal's reason, and with `rpc-unreachable`.
   */
  async audit(epoch: number, signal: AbortSignal): Promise<AuditSummary | undefined> {
    const { chain, draws } = this.#deps;
    const draw = await draws.draw(epoch);
    if (draw === undefined) return undefined;
    const [{ anchors, nodes }, routers] = await Promise.all([chain.epochRecord(epoch), chain.nodes("router")]);
    const audit: Audit = {
      anchors,
      roster: new Map(nodes.map((node) => [node.address, node])),
      routes: { epoch, routers: multiaddrs(routers), silent: new Set() },
      counts: { epoch, drawn: 0, due: 0, replayed: 0, passes: 0, fails: 0, withheld: 0, wrongLists: 0 },
      missing: new Map(),
    };
    const deadline = this.#deadline(epoch, AUDITS_SHARE);
    try {
      const leaves = this.#due(await this.#lists(audit, routers, signal), draw, audit);
      await this.#work(leaves, audit, AbortSignal.any([signal, deadline.signal]));
    } catch (error) {
      signal.throwIfAborted();
      if (!deadline.signal.aborted) throw error;
    } finally {
      deadline.release();
    }
    for (const leaf of audit.missing.values()) this.#withheld(leaf, audit);
    return audit.counts;
  }

  #look(): void {
    const { chain, clock, log } = this.#deps;
    if (this.#stop.signal.aborted) return;
    const { reported: epoch, phase } = phaseAt(chain.head().timestamp, chain.parameters);
    if (this.#running !== undefined || epoch <= this.#doneTo || (phase !== "anchor" && phase !== "commit")) return;
    const { hash } = chain.head();
    this.#running = this.audit(epoch, this.#stop.signal)
      .then((summary) => {
        if (summary === undefined) return;
        this.#doneTo = epoch;
        this.#newest = summary;
        this.#failing = false;
        log.info("audited", { ...summary });
        this.#wake();
      })
      .catch((error: unknown) => {
        if (this.#stop.signal.aborted) return;
        if (!this.#failing) log.warn("the audits have to begin again", { epoch }, error);
        this.#failing = true;
        clock.after(this.#retryMs, () => this.#look());
      })
      .finally(() => {
        this.#running = undefined;
        // The block that draws may have come meanwhile, and on an idle chain no other follows.
        if (chain.head().hash !== hash) this.#look();
      });
  }

  #wake(): void {
    for (const resolve of this.#waiters) resolve();
  }

  #deadline(epoch: number, share: number): BlockDeadline {
    const { genesis, epochSeconds, anchorSeconds, commitSeconds } = this.#deps.chain.parameters;
    const opens = genesis + (epoch + 1) * epochSeconds + anchorSeconds;
    return blockDeadline(opens + share * (commitSeconds - anchorSeconds), this.#deps);
  }

  /** A router that has no list, or another than it anchored, has no part in the draw. */
  async #lists(audit: Audit, routers: readonly NodeRecord[], signal: AbortSignal): Promise<readonly ListedLeaf[]> {
    const { epoch } = audit.counts;
    const deadline = this.#deadline(epoch, LISTS_SHARE);
    const anchors = audit.anchors.filter(({ node }) => audit.roster.get(node)?.role === "router");
    try {
      const signals = { signal, late: deadline.signal };
      const { leaves, wrong } = await this.#lister.read({ epoch, anchors, routers }, signals);
      audit.counts.wrongLists = wrong.length;
      for (const router of wrong) this.#forfeits(router, audit);
      return leaves;
    } finally {
      deadline.release();
    }
  }

  /** The drawn leaves that this validator replays, in the order of the draw. */
  #due(listed: readonly ListedLeaf[], draw: EpochDraw, { roster, counts }: Audit): readonly DueLeaf[] {
    const { address } = this.#deps.signer;
    const ofMiners = listed.filter(({ miner }) => roster.get(miner)?.role === "miner");
    const known = new Map(ofMiners.map((each) => [each.leaf, each]));
    const { blockHash, rules, validators } = draw;
    const isDue = (miner: Address): boolean =>
      dueValidators(validators, { miner, blockHash, most: rules.validators }).includes(address);
    const due = new Map(
      [...new Set([...known.values()].map(({ miner }) => miner))].map((miner) => [miner, isDue(miner)]),
    );
    const drawn = drawnLeaves(known.values(), draw);
    const leaves = drawn.flatMap((hash, at) => {
      const leaf = known.get(hash);
      return leaf !== undefined && due.get(leaf.miner) === true ? [{ ...leaf, at }] : [];
    });
    counts.drawn = drawn.length;
    counts.due = leaves.length;
    return leaves;
  }

  async #work(leaves: readonly DueLeaf[], audit: Audit, signal: AbortSignal): Promise<void> {
    const { missing, routes } = audit;
    for (let open = leaves; open.length > 0; ) {
      const later: DueLeaf[] = [];
      const unasked: DueLeaf[] = [];
      routes.silent.clear();
      for (const leaf of open) {
        signal.throwIfAborted();
        const found = await this.#source.seek(leaf, routes, signal);
        if (found === "later") missing.set(leaf.leaf, leaf);
        else if (found !== "unasked") missing.delete(leaf.leaf);
        if (found === "later") later.push(leaf);
        else if (found === "unasked") unasked.push(leaf);
        else if (found === "withheld") this.#withheld(leaf, audit);
        else await this.#replay({ leaf, transcript: found }, audit, signal);
      }
      // Whoever lets the first one wait does not hide the others behind it.
      open = [...unasked, ...later];
      if (open.length > 0) await sleep(this.#retryMs, signal, this.#deps.clock);
    }
  }

  async #replay(
    { leaf, transcript }: { readonly leaf: DueLeaf; readonly transcript: Transcript },
    audit: Audit,
    signal: AbortSignal,
  ): Promise<void> {
    const { chain, notebook, log } = this.#deps;
    const { epoch } = audit.counts;
    const { model, kind, epoch: ordered } = transcript.order;
    // What a list says of the model is under no signature, and would keep away who has it.
    if (model !== leaf.model) this.#forfeits(leaf.router, audit);
    if (kind !== ORDER_KIND.generate) return;
    const epochStart = chain.parameters.genesis + ordered * chain.parameters.epochSeconds;
    const judged = await this.#desk.judge({ transcript, epochStart }, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      log.warn("an answer could not be replayed", { leaf: leaf.leaf, model }, error);
    });
    if (judged === undefined) return;
    const { verdict, value, why } = judged;
    audit.counts.replayed += 1;
    if (value !== undefined) notebook.replayed(epoch, leaf.at, value);
    if (verdict === "inconclusive") return;
    audit.counts[verdict === "pass" ? "passes" : "fails"] += 1;
    const index = audit.roster.get(leaf.miner)?.index;
    if (index !== undefined) notebook.audited(epoch, index, verdict);
    if (verdict === "fail")
      log.info("an answer is not what its model says", { leaf: leaf.leaf, miner: leaf.miner, model, epoch, why });
  }

  #withheld(leaf: DueLeaf, audit: Audit): void {
    audit.counts.withheld += 1;
    this.#deps.log.info("a drawn answer is withheld", { leaf: leaf.leaf, router: leaf.router });
    this.#forfeits(leaf.router, audit);
  }

  #forfeits(router: Address, { roster, counts }: Audit): void {
    const index = roster.get(router)?.index;
    if (index !== undefined) this.#deps.notebook.forfeits(counts.epoch, index);
  }
}

/** Of routers that can be asked for transcripts. */
function multiaddrs(routers: readonly NodeRecord[]): ReadonlyMap<Address, string> {
  return new Map(
    routers.flatMap(({ address, addresses }) => {
      const via = addresses.find((each) => each.startsWith("/"));
      return via === undefined ? [] : [[address, via] as const];
    }),
  );
}
