import { CortensorError } from "../errors/cortensorError.ts";
import { agreementOf } from "../protocol/agreement.ts";
import type { Commitment } from "../protocol/commitment.ts";
import { sleep } from "../util/async.ts";
import type { OrderTerms } from "./order.ts";
import { judged } from "./jury.ts";
import { scoreAt } from "./scoreOrder.ts";
import { Replica, type Revealed } from "./replica.ts";
import { ReplicaOwners } from "./replicas.ts";
import type { AnswerEvent, AnswerFinish, ReplicaResult } from "./task.ts";
import { type DispatchDeps, type DispatchOptions, TaskRun } from "./taskRun.ts";
import type { TaskTrace } from "./trace.ts";

/** Attempt numbers of score orders, which no attempt at the answer has. */
const FIRST_SCORE = 1000;
/** The other replicas have as long again as the first one took, and at least this long. */
const LEAST_WAIT_MS = 2000;

/**
 * One task at miners of different owners, with the same seed. The client sees the first one live; the others sign for their
 * answers before any of them is shown, so that nobody can copy. More than half of equal answers decide.
 */
export class RedundantRun {
  readonly #lead: TaskRun;
  readonly #replicas: readonly Replica[];
  readonly #terms: OrderTerms;
  readonly #options: DispatchOptions;
  readonly #deps: DispatchDeps;
  /** What the client is charged for score orders. */
  #judgedWei = 0n;

  constructor(terms: OrderTerms, options: DispatchOptions & { readonly redundancy: number }, deps: DispatchDeps) {
    const owners = new ReplicaOwners();
    this.#terms = terms;
    this.#options = options;
    this.#deps = deps;
    this.#lead = new TaskRun(terms, { ...options, owners }, deps);
    this.#replicas = Array.from(
      { length: options.redundancy - 1 },
      (_, at) => new Replica(terms, { ...options, replica: at + 1, owners }, deps),
    );
  }

  get trace(): TaskTrace {
    return { ...this.#lead.trace, replicas: this.#replicas.flatMap(({ traces }) => traces) };
  }

  cancel(): void {
    this.#lead.cancel();
  }

  async *answer(signal: AbortSignal): AsyncGenerator<AnswerEvent> {
    this.#checkOwners();
    const begun = this.#deps.clock.now();
    let committing: Promise<unknown> | undefined;
    try {
      for await (const event of this.#lead.answer(signal)) {
        // The first replica chooses first: it is the one that is seen.
        committing ??= Promise.all(this.#replicas.map((replica) => replica.commit(signal)));
        if (event.type !== "finish") yield event;
        else yield await this.#compare(event, { committing, waitMs: this.#deps.clock.now() - begun, signal });
      }
    } finally {
      for (const replica of this.#replicas) replica.end();
    }
  }

  #checkOwners(): void {
    const { pool } = this.#deps;
    const { model } = this.#terms.request;
    const owners = pool.owners(model);
    const needed = this.#replicas.length + 1;
    if (owners === 0 || owners >= needed) return;
    throw new CortensorError("no-capacity", `${needed} replicas need as many owners, and ${owners} serve ${model}`, {
      why: [["why", "replicas of one owner could simply agree with each other"]],
      try: `cortensor submit ... --redundancy ${owners}`,
      data: { needed, owners },
    });
  }

  async #compare(
    lead: AnswerFinish,
    { committing, waitMs, signal }: { committing: Promise<unknown>; waitMs: number; signal: AbortSignal },
  ): Promise<AnswerFinish> {
    const patience = new AbortController();
    const late = sleep(Math.max(LEAST_WAIT_MS, waitMs), patience.signal, this.#deps.clock).catch(() => {});
    await Promise.race([committing, late]);
    patience.abort();
    const revealed = signal.aborted ? [] : await this.#open();
    for (const replica of this.#replicas) replica.end();
    return await this.#decide(lead, { revealed, signal });
  }

  /** Without a majority of equal answers, each is put before the miners of the others. */
  async #judge(results: readonly ReplicaResult[], signal: AbortSignal) {
    const known = this.#deps.card?.(results[0]?.bundle.parts[0]?.order.model ?? "0x");
    if (known === undefined || results.length < 2) return undefined;
    let number = FIRST_SCORE;
    const work = { terms: this.#terms, options: this.#options, deps: this.#deps, signal };
    return await judged(results, { card: known, params: this.#terms.request.params }, async (miner, { ids, at }) => {
      const scored = await scoreAt(miner, { ids, number: number++, replica: at }, work);
      this.#judgedWei += scored?.chargedWei ?? 0n;
      return scored?.marginNats;
    });
  }

  async #open(): Promise<readonly Revealed[]> {
    const commitments: Commitment[] = this.#replicas.flatMap(({ commitment }) => commitment ?? []);
    const late = this.#replicas.flatMap(({ commitment, miner }) => (commitment === undefined ? (miner ?? []) : []));
    const shown = await Promise.all(this.#replicas.map((replica) => replica.reveal(commitments, late)));
    return shown.filter((one) => one !== undefined);
  }

  async #decide(
    lead: AnswerFinish,
    { revealed, signal }: { revealed: readonly Revealed[]; signal: AbortSignal },
  ): Promise<AnswerFinish> {
    const { ledger } = this.#deps;
    const broken = lead.finish === "error" || lead.bundle === undefined;
    const own = broken ? [] : [ofLead(lead)];
    const results: readonly ReplicaResult[] = [...own, ...revealed.map(ofReplica)];
    const { agreement, agreeing, outliers, decided } = agreementOf(results.map(({ bundle }) => bundle.ids));
    const jury = decided || signal.aborted ? undefined : await this.#judge(results, signal);
    const chosen = results[jury?.passed[0] ?? agreeing[0] ?? 0];
    const costWei = results
      .flatMap(({ bundle }) => bundle.parts)
      .reduce((sum, { receipt }) => sum + ledger.chargeOf(receipt.fee), (broken ? lead.costWei : 0n) + this.#judgedWei);
    const caught = this.#replicas.flatMap((replica) => (replica.caught ? (replica.miner ?? []) : []));
    const outside = [...(jury?.failed ?? outliers).flatMap((at) => results[at]?.miner ?? []), ...caught];
    this.#lead.trace.costWei = costWei;
    const compared = { results, agreement, outliers: outside, costWei };
    if (chosen === undefined || (chosen === results[0] && !broken)) return { ...lead, ...compared };
    await ledger.replaceAnswer(this.#terms.id, chosen.bundle);
    const { error: _, ...answered } = lead;
    const { bundle, finish, text, promptTokens } = chosen;
    return { ...answered, ...compared, bundle, finish, text, promptTokens, outputTokens: bundle.ids.length };
  }
}

function ofLead({ attempts, text, bundle, finish, promptTokens }: AnswerFinish): ReplicaResult {
  if (bundle === undefined) throw new CortensorError("internal", "an answer without a receipt was compared");
  const miner = attempts.at(-1)?.miner ?? bundle.parts[0]?.order.miner ?? "0x";
  return { miner, text, bundle, finish, promptTokens, commitment: null };
}

function ofReplica({ miner, frame, bundle, commitment }: Revealed): ReplicaResult {
  const { text, finish, receipt } = frame;
  const { promptTokens } = receipt.record;
  return { miner: miner.address, text, bundle, finish, promptTokens, commitment: commitment.commitment };
}
