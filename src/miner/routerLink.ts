import type { Chain } from "../chain/interface.ts";
import type { Engine } from "../engine/interface.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Recover, Signer } from "../keys/interface.ts";
import type { Log } from "../observability/log.ts";
import type { WorkMeter } from "../observability/work.ts";
import { digest, sessionId, voucherHash } from "../protocol/eip712.ts";
import { decodeFrame, encodeFrame, type Frame, type Hello } from "../protocol/frames.ts";
import { checkHello, helloFrame } from "../protocol/handshake.ts";
import { orderId } from "../protocol/hash.ts";
import { orderHash } from "../protocol/eip712.ts";
import type { PeerStream } from "../p2p/interface.ts";
import type { Address, Clock, Hex } from "../util/types.ts";
import { Attempt } from "./attempt.ts";
import type { AuditBook } from "../audit/auditBook.ts";
import type { MinerLedger } from "./ledger.ts";
import { isRefusal, judgeOrder, type OrderFrame, type Refusal } from "./orderDesk.ts";
import { wrongOpening } from "./wrongOpening.ts";
import { ORDER_KIND } from "../protocol/records.ts";
import { Scoring } from "./scoring.ts";
import type { SignedReceipts } from "./signedReceipts.ts";
import type { SessionWatch } from "./sessionWatch.ts";

export interface LinkDeps {
  readonly chain: Chain;
  readonly engine: Engine;
  readonly signer: Signer;
  readonly recover: Recover;
  readonly ledger: MinerLedger;
  readonly sessions: SessionWatch;
  readonly receipts: SignedReceipts;
  readonly audit: AuditBook;
  readonly work: WorkMeter;
  readonly clock: Clock;
  readonly log: Log;
  readonly prices: { readonly promptPrice: bigint; readonly outputPrice: bigint };
  readonly exposureWei: bigint;
  randomBytes32(): Hex;
  /** The hello of this miner, made anew for each line. */
  hello(): Hello;
  /** A reason why no order is taken now. */
  closed(): Refusal | undefined;
}

/** So long an acknowledgement waits for a token to travel with. */
const ACK_MS = 5;

/** One line to a router: hello both ways, then orders, payments and cancels until it ends. */
export class RouterLink {
  readonly #stream: PeerStream;
  readonly #deps: LinkDeps;
  readonly #attempts = new Map<Hex, Attempt | Scoring>();
  readonly #running = new Set<Promise<void>>();
  #owedWei = 0n;
  #paid: (() => void)[] = [];
  /** Hello was exchanged. */
  #ready = false;
  #payable = false;
  #firstPay: Promise<void> | undefined;

  constructor(stream: PeerStream, deps: LinkDeps) {
    this.#stream = stream;
    this.#deps = deps;
  }

  get remote(): Address {
    return this.#stream.remote;
  }

  /** The line stands, and the router has a session to pay with: from now on it sends orders. */
  get ready(): boolean {
    return this.#ready && this.#payable;
  }

  /** Resolves when the line has ended; the attempts on it are dropped then. */
  async run(): Promise<void> {
    const { chain, signer, recover, log } = this.#deps;
    try {
      this.#send(helloFrame(this.#deps.hello(), { domain: chain.domain, sign: (hash) => signer.sign(hash) }));
      for await (const bytes of this.#stream.frames) {
        const frame = decodeFrame(bytes);
        if (this.#ready) this.#take(frame);
        else await this.#greet(frame, recover);
      }
    } catch (error) {
      log.warn("line to router lost", { router: this.remote }, error);
      this.#stream.abort(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#ready = false;
      for (const attempt of this.#attempts.values()) attempt.drop();
    }
  }

  /** Tells the router that no new order will be taken. */
  drain(inMs: number): void {
    if (this.#ready) this.#send({ type: "drain", inMs });
  }

  /** Gives what still runs to other miners, with nothing of it lost. */
  handOver(): void {
    for (const attempt of this.#attempts.values()) attempt.handOver();
  }

  /** Resolves when no attempt runs on this line. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async close(): Promise<void> {
    await this.#stream.close().catch(() => {});
  }

  async #greet(frame: Frame, recover: Recover): Promise<void> {
    const { chain } = this.#deps;
    const now = chain.head().timestamp;
    checkHello(frame, { domain: chain.domain, remote: this.remote, role: "router", now, recover });
    const known = this.#deps.ledger.sessions().some(({ session }) => session.signer === this.remote);
    // A router that has paid before is served on while the chain is away.
    if (!known && (await chain.node(this.remote))?.role !== "router")
      throw new CortensorError("peer-protocol", `${this.remote} is not a registered router`);
    this.#ready = true;
    this.#deps.log.info("line to router up", { router: this.remote });
  }

  #take(frame: Frame): void {
    switch (frame.type) {
      case "order":
        return this.#run(this.#answer(frame));
      case "pay": {
        const credited = this.#credit(frame);
        this.#firstPay ??= credited.catch(() => undefined);
        return this.#run(credited);
      }
      case "cancel":
        return this.#cancel(frame);
      case "open":
        return this.#attempts.get(frame.orderId)?.open(frame);
      case "countersigned":
        return this.#run(this.#keep(frame));
      case "drain":
        return;
      case "hello":
      case "ack":
      case "refuse":
      case "tokens":
      case "fail":
      case "commit":
      case "reveal":
      case "scored":
        throw new CortensorError("peer-protocol", `a router does not send ${frame.type}`);
      default:
        frame satisfies never;
    }
  }

  #cancel({ orderId: id, reason }: Extract<Frame, { type: "cancel" }>): void {
    const attempt = this.#attempts.get(id);
    if (reason === "client") attempt?.cancel();
    else attempt?.drop();
  }

  #run(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#deps.log.error("frame of router failed", { router: this.remote }, error))
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  async #answer(frame: OrderFrame): Promise<void> {
    const { engine, sessions, chain } = this.#deps;
    const id = orderId(orderHash(frame.order));
    const refuse = (refusal: Refusal): void => this.#send({ type: "refuse", orderId: id, ...refusal });
    try {
      // The first order follows the announcement of its session at once, and that is looked up on the chain.
      if (!this.#payable) await this.#firstPay;
      const closed =
        this.#deps.closed() ?? this.#unpaid() ?? (await sessions.problem(frame.order.session, this.remote));
      if (closed !== undefined) return refuse(closed);
      if (this.#attempts.has(id)) return;
      if (this.#attempts.size >= engine.slots * 2)
        return refuse({ code: "busy", retryable: true, message: `all ${engine.slots} slots are taken` });
      const verdict = judgeOrder(frame, this.remote, { ...this.#deps, address: this.#deps.signer.address });
      if (isRefusal(verdict)) return refuse(verdict);
      const Work = frame.order.kind === ORDER_KIND.score ? Scoring : Attempt;
      const attempt = new Work(verdict, {
        ...this.#deps,
        domain: chain.domain,
        receiptTokens: chain.parameters.receiptTokens,
        wrongOpening: (opening, own) =>
          wrongOpening(opening, own, { domain: chain.domain, recover: this.#deps.recover }),
        send: (out) => this.#send(out),
        receipted: (signed) => this.#deps.receipts.add(signed),
        owe: (addedWei, signal) => this.#owe(addedWei, signal),
      });
      // Its row is written with the first receipt; until then this keeps a second copy of the order out.
      this.#attempts.set(id, attempt);
      const promptTokens = verdict.promptIds.length;
      const ack = { type: "ack", orderId: id, promptTokens, firstTokenMs: this.#promise(promptTokens) } as const;
      this.#stream.send(encodeFrame(ack), ACK_MS);
      await attempt.run();
    } catch (error) {
      const message = error instanceof CortensorError ? error.message : "this miner failed";
      refuse({
        code: error instanceof CortensorError ? error.code : "internal",
        retryable: !(error instanceof CortensorError),
        message,
      });
      if (!(error instanceof CortensorError)) throw error;
    } finally {
      this.#attempts.delete(id);
    }
  }

  /** A promise kept: twice the usual first token, at least 250 ms, and 5 ms a prompt token before anything was measured. */
  #promise(promptTokens: number): number {
    return Math.round(Math.max(250, 2 * (this.#deps.work.ttftMs() ?? 5 * promptTokens)));
  }

  #unpaid(): Refusal | undefined {
    if (this.#owedWei <= this.#deps.exposureWei) return undefined;
    return { code: "unpaid", retryable: true, message: `${this.#owedWei} wei of work on this line are not paid` };
  }

  async #owe(addedWei: bigint, signal: AbortSignal): Promise<void> {
    this.#owedWei += addedWei;
    while (this.#owedWei > this.#deps.exposureWei && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#paid.push(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  async #credit(frame: Extract<Frame, { type: "pay" }>): Promise<void> {
    const { ledger, chain, recover, signer, sessions } = this.#deps;
    const { session, voucher } = frame;
    const { record, signature } = voucher;
    const wrong = (text: string): CortensorError =>
      new CortensorError("peer-protocol", `${this.remote} paid with ${text}`);
    if (record.session !== sessionId(session)) throw wrong("a voucher of another session");
    if (session.payee !== signer.address || session.signer !== this.remote) throw wrong("a session of others");
    if (recover(digest(chain.domain, voucherHash(record)), signature) !== session.signer)
      throw wrong("a voucher that it did not sign");
    const before = ledger.session(record.session)?.voucher.record.cumulative ?? 0n;
    const state = await sessions.look(record.session);
    if (state !== undefined && record.cumulative > state.depositWei) throw wrong("more than the session's deposit");
    await ledger.acceptVoucher(session, voucher);
    this.#payable = true;
    const added = record.cumulative > before ? record.cumulative - before : 0n;
    this.#owedWei = this.#owedWei > added ? this.#owedWei - added : 0n;
    for (const resolve of this.#paid.splice(0)) resolve();
  }

  async #keep(frame: Extract<Frame, { type: "countersigned" }>): Promise<void> {
    const { receipts, audit, chain, recover } = this.#deps;
    const answer = receipts.take(frame, { domain: chain.domain, recover });
    if (answer !== undefined) await audit.keep(answer);
  }

  #send(frame: Frame): void {
    this.#stream.send(encodeFrame(frame));
  }
}
