import { AuditBook, type AuditOptions } from "../audit/auditBook.ts";
import { AuditServer } from "../audit/auditServer.ts";
import type { Anchor } from "../audit/receiptLog.ts";
import type { DrawSource } from "../audit/sampleDesk.ts";
import type { Chain } from "../chain/interface.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Recover, SealTo, Signer, Vault } from "../keys/interface.ts";
import type { Log } from "../observability/log.ts";
import type { PeerFacts } from "../observability/snapshot.ts";
import type { WorkMeter } from "../observability/work.ts";
import { decodeFrame, encodeFrame, type Hello } from "../protocol/frames.ts";
import { checkHello, helloFrame, PROTOCOL_VERSION } from "../protocol/handshake.ts";
import type { Leaf } from "../protocol/leaf.ts";
import type { ReceiptAnchor, ReceiptBundle } from "../protocol/receiptBundle.ts";
import type { Session } from "../protocol/records.ts";
import type { ThresholdCard } from "../protocol/thresholdCard.ts";
import { type PeerStream, PROTOCOLS, type Transport } from "../p2p/interface.ts";
import type { Store } from "../store/interface.ts";
import type { Address, Clock, Hex, Startable } from "../util/types.ts";
import type { AttemptLimits } from "./attempt.ts";
import { Dispatcher } from "./dispatcher.ts";
import { Hedging } from "./hedging.ts";
import { payFrame, RouterLedger } from "./ledger.ts";
import { MinerLink } from "./minerLink.ts";
import { MinerPool } from "./minerPool.ts";
import { MinerSessions } from "./minerSessions.ts";
import { Placement } from "./placement.ts";
import { ReceiptKeeper } from "./receiptKeeper.ts";
import type { AnswerEvent, ServedModel, TaskRequest } from "./task.ts";
import type { TaskTrace } from "./trace.ts";
import { TraceBook } from "./traceBook.ts";

/** A miner that connects has this long to say hello. */
const HELLO_MS = 10_000;

export interface RouterOptions {
  readonly network: string;
  readonly owner: Address;
  readonly software: string;
  /** Pays for clients that call with an API key. */
  readonly clientSession: Session;
  readonly minerDepositWei: bigint;
  readonly attempts: number;
  readonly queueMs: number;
  readonly timeoutMs: number;
  readonly drainMs: number;
  readonly limits: AttemptLimits;
  readonly audit: AuditOptions;
}

export interface RouterDeps {
  readonly chain: Chain;
  readonly transport: Transport;
  readonly store: Store;
  readonly signer: Signer;
  readonly recover: Recover;
  /** Seals what is kept for audits. */
  readonly vault: Vault;
  /** Seals what a validator is shown. */
  readonly sealTo: SealTo;
  readonly work: WorkMeter;
  readonly clock: Clock;
  readonly log: Log;
  random(): number;
  randomBytes32(): Hex;
  /** What honest answers of a model look like to another machine; decides between answers without a majority. */
  card?(modelId: Hex): ThresholdCard | undefined;
  /** Which receipts are drawn for audits; without it none is shown. */
  readonly draws?: DrawSource;
  /** Posts what an epoch's receipts come to; see `AnchorService`. */
  anchor?(anchor: Anchor): Promise<void>;
}

/** Takes tasks, finds miners for them, brings answers back, and keeps the books. Starts and stops its transport. */
export class Router implements Startable {
  readonly ledger: RouterLedger;
  readonly audit: AuditBook;
  readonly #options: RouterOptions;
  readonly #deps: RouterDeps;
  readonly #pool: MinerPool;
  readonly #sessions: MinerSessions;
  readonly #traces: TraceBook;
  readonly #dispatcher: Dispatcher;
  #draining = false;
  #clientDepositWei = 0n;

  constructor(options: RouterOptions, deps: RouterDeps) {
    this.#options = options;
    this.#deps = deps;
    const { chain, signer, log } = deps;
    this.ledger = new RouterLedger({
      store: deps.store,
      domain: () => chain.domain,
      marginBps: () => chain.parameters.marginBps,
      sign: (hash) => signer.sign(hash),
    });
    this.audit = new AuditBook(options.audit, deps);
    this.#pool = new MinerPool({ clock: deps.clock, random: () => deps.random() });
    this.#sessions = new MinerSessions({
      chain,
      ledger: this.ledger,
      signer,
      log,
      depositWei: options.minerDepositWei,
      randomBytes32: () => deps.randomBytes32(),
    });
    this.#traces = new TraceBook(deps);
    this.#dispatcher = new Dispatcher(options, {
      ...deps,
      randomBytes32: () => deps.randomBytes32(),
      ledger: this.ledger,
      pool: this.#pool,
      placement: new Placement(options, { pool: this.#pool, clock: deps.clock }),
      hedging: new Hedging(),
      sessions: this.#sessions,
      traces: this.#traces,
      receipts: new ReceiptKeeper({ audit: this.audit, log }),
    });
  }

  async start(): Promise<void> {
    this.ledger.load();
    this.#traces.load();
    await this.audit.start();
    await this.ledger.useClientSession(this.#options.clientSession);
    await this.#readClientDeposit();
    this.#deps.transport.handle(PROTOCOLS.task, (stream) => void this.#accept(stream));
    const server = new AuditServer({
      ...this.#deps,
      audit: this.audit,
      mayForward: () => false,
      forward: this.#deps.transport,
    });
    server.serve((protocol, accept) => this.#deps.transport.handle(protocol, accept));
    await this.#deps.transport.start();
  }

  /** Takes no new tasks, gives running ones their time, then hangs up. */
  async stop(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    await this.#dispatcher.idle(this.#options.drainMs);
    await this.#traces.flush();
    this.#pool.payNow();
    await this.#deps.transport.stop();
    // Last: answers that break off with their lines are counter-signed too.
    await this.audit.stop();
  }

  /**
   * Answers one task.
   *
   * Errors before the first event: `model-unserved`, `no-capacity`, `rate-limited` (every slot is taken), `context-length`,
   * `deposit-low`, `task-failed`, `timeout`. Later the answer ends with `finish: "error"`. An aborted signal cancels at the
   * miner; what was receipted is billed.
   */
  async *answer(request: TaskRequest, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
    if (this.#draining) throw new CortensorError("no-capacity", "this router is stopping", { try: "cortensor status" });
    yield* this.#dispatcher.answer(request, { signal, depositWei: this.#clientDepositWei });
  }

  /** Tasks that run, then the last ones that are over, the newest first. */
  tasks(): readonly TaskTrace[] {
    return this.#dispatcher.traces();
  }

  /** Ends a task as if its client had gone away; false when it does not run. */
  cancel(taskId: Hex): boolean {
    return this.#dispatcher.cancel(taskId);
  }

  models(): readonly ServedModel[] {
    return this.#pool.models();
  }

  /** Whether a task could be served now. */
  get ready(): boolean {
    return !this.#draining && this.#pool.models().length > 0;
  }

  get draining(): boolean {
    return this.#draining;
  }

  receipt(taskId: Hex): ReceiptBundle | undefined {
    return this.ledger.answer(taskId);
  }

  /** What is anchored for an epoch that is over. */
  anchorOf(epoch: number): Anchor | undefined {
    return this.audit.receipts.anchorOf(epoch);
  }

  /** The leaves of an epoch, in the order of their hashes, those after `after`. */
  leaves(epoch: number, after?: Hex): Iterable<readonly [hash: Hex, leaf: Leaf]> {
    return this.audit.receipts.leaves(epoch, after);
  }

  /** The path from a receipt to what was anchored; undefined while its epoch runs. */
  proofOf(leaf: Hex): ReceiptAnchor | undefined {
    return this.audit.receipts.proofOf(leaf);
  }

  peers(): readonly PeerFacts[] {
    return this.#pool.facts();
  }

  slots(): { readonly busy: number; readonly total: number } {
    return this.#pool.slots();
  }

  async #readClientDeposit(): Promise<void> {
    const { chain, clock, log } = this.#deps;
    try {
      const edge = this.ledger.clientEdge;
      const state = edge === undefined ? undefined : await chain.session(edge.id);
      this.#clientDepositWei = state === undefined || state.ended ? 0n : state.depositWei;
    } catch (error) {
      log.warn("client session could not be read", {}, error);
    }
    if (!this.#draining) clock.after(15_000, () => void this.#readClientDeposit());
  }

  async #accept(stream: PeerStream): Promise<void> {
    const { log } = this.#deps;
    try {
      const frames = stream.frames[Symbol.asyncIterator]();
      const hello = await this.#greet(stream, frames);
      const edge = await this.#sessions.ensure(stream.remote);
      const link = new MinerLink(stream, hello, this.#deps.clock);
      // At once: an order is refused on a session that was not announced.
      link.send(payFrame(edge));
      this.#pool.add(link, edge.id);
      log.info("miner connected", { miner: stream.remote, models: hello.models.map(({ name }) => name) });
      await link.run(frames, () => this.#pool.drain(link)).finally(() => this.#pool.remove(link));
      log.info("miner disconnected", { miner: stream.remote });
    } catch (error) {
      log.warn("line to miner lost", { miner: stream.remote }, error);
      stream.abort(error instanceof Error ? error : new Error(String(error)));
    }
  }

  async #greet(stream: PeerStream, frames: AsyncIterator<Uint8Array>): Promise<Hello> {
    const { chain, signer, recover, clock } = this.#deps;
    stream.send(encodeFrame(helloFrame(this.#hello(), { domain: chain.domain, sign: (hash) => signer.sign(hash) })));
    const cancel = clock.after(HELLO_MS, () =>
      stream.abort(new CortensorError("peer-protocol", `${stream.remote} said no hello in ${HELLO_MS} ms`)),
    );
    const first = await frames.next().finally(cancel);
    const frame = first.done === true ? undefined : decodeFrame(first.value);
    return checkHello(frame, {
      domain: chain.domain,
      remote: stream.remote,
      role: "miner",
      now: chain.head().timestamp,
      recover,
    });
  }

  #hello(): Hello {
    const { chain, signer } = this.#deps;
    return {
      version: PROTOCOL_VERSION,
      address: signer.address,
      owner: this.#options.owner,
      role: "router",
      models: [],
      promptPrice: 0n,
      outputPrice: 0n,
      software: this.#options.software,
      nonce: this.#deps.randomBytes32(),
      expiresAt: chain.head().timestamp + chain.parameters.orderLifetimeSeconds,
    };
  }
}
