import { AuditBook, type AuditOptions } from "../audit/auditBook.ts";
import { AuditServer } from "../audit/auditServer.ts";
import type { Anchor } from "../audit/receiptLog.ts";
import type { DrawSource } from "../audit/sampleDesk.ts";
import type { Chain } from "../chain/interface.ts";
import type { Engine } from "../engine/interface.ts";
import type { Recover, SealTo, Signer, Vault } from "../keys/interface.ts";
import type { Log } from "../observability/log.ts";
import type { PeerFacts } from "../observability/snapshot.ts";
import type { WorkMeter } from "../observability/work.ts";
import type { Hello } from "../protocol/frames.ts";
import { PROTOCOL_VERSION } from "../protocol/handshake.ts";
import type { PeerStream, Transport } from "../p2p/interface.ts";
import type { Store } from "../store/interface.ts";
import type { Address, Clock, Hex, Startable } from "../util/types.ts";
import { MinerLedger } from "./ledger.ts";
import type { Refusal } from "./orderDesk.ts";
import { RouterLink } from "./routerLink.ts";
import { CheckDesk } from "./checkDesk.ts";
import { SignedReceipts } from "./signedReceipts.ts";
import { SessionWatch } from "./sessionWatch.ts";

/** A miner looks for new routers in the registry this often. */
const DISCOVER_MS = 15_000;
/** And this often while it has no line at all: the first router may be registering just now. */
const DISCOVER_ALONE_MS = 250;
/** More lines than this bring no more work. */
const MOST_ROUTERS = 8;

/** Counter-signed receipts are written so long after they come. */
const KEEP_MS = 250;

/** To sign for what was made and to say goodbye. */
const HAND_OVER_MS = 1000;

export interface MinerOptions {
  readonly owner: Address;
  readonly software: string;
  /** Wei per token. */
  readonly promptPrice: bigint;
  readonly outputPrice: bigint;
  readonly exposureWei: bigint;
  readonly drainMs: number;
  /** Multiaddrs to dial beside the registry's. */
  readonly routers: readonly string[];
  readonly audit: AuditOptions;
}

export interface MinerDeps {
  readonly chain: Chain;
  readonly engine: Engine;
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
  randomBytes32(): Hex;
  /** Keeps one line to an address open, dialling again with backoff; the returned function ends that. */
  keepOpen(address: string, onStream: (stream: PeerStream) => Promise<void>): () => void;
  /** Accepts the streams on which validators ask, brought by routers. */
  readonly handle: Transport["handle"];
  /** Which receipts are drawn for audits; without it none is shown. */
  readonly draws?: DrawSource;
  /** Posts what an epoch's receipts come to; see `AnchorService`. */
  anchor?(anchor: Anchor): Promise<void>;
}

/** Serves one model to the routers of the network. Its adapters are started before it and stopped after it. */
export class Miner implements Startable {
  readonly ledger: MinerLedger;
  readonly audit: AuditBook;
  readonly #receipts = new SignedReceipts();
  readonly #options: MinerOptions;
  readonly #deps: MinerDeps;
  readonly #sessions: SessionWatch;
  readonly #links = new Map<Address, RouterLink>();
  readonly #dialled = new Map<string, () => void>();
  readonly #checking = new AbortController();
  #cancelDiscovery = (): void => {};
  #draining = false;

  constructor(options: MinerOptions, deps: MinerDeps) {
    this.#options = options;
    this.#deps = deps;
    this.ledger = new MinerLedger(deps.store);
    // Its router has them on disk already, and lines of one moment share one sync.
    const later = (action: () => void): unknown => deps.clock.after(KEEP_MS, action);
    this.audit = new AuditBook(options.audit, { ...deps, later });
    this.#sessions = new SessionWatch({ chain: deps.chain, clock: deps.clock, ledger: this.ledger });
  }

  async start(): Promise<void> {
    this.ledger.load();
    await this.audit.start();
    this.#server().serve(this.#deps.handle);
    await this.#discover();
  }

  /** Takes no new orders, gives running answers their time, then hangs up. */
  async stop(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    this.#cancelDiscovery();
    const { drainMs } = this.#options;
    const links = [...this.#links.values()];
    for (const link of links) link.drain(drainMs);
    const idle = Promise.all(links.map((link) => link.idle()));
    await Promise.race([idle, this.#after(drainMs)]);
    for (const link of links) link.handOver();
    await Promise.race([idle, this.#after(HAND_OVER_MS)]);
    for (const hangUp of this.#dialled.values()) hangUp();
    await Promise.all(links.map((link) => link.close()));
    this.#checking.abort();
    await this.audit.stop();
  }

  #after(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#deps.clock.after(delayMs, resolve));
  }

  /** Lines that stand. */
  get connected(): number {
    return [...this.#links.values()].filter((link) => link.ready).length;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** What is anchored for an epoch that is over. */
  anchorOf(epoch: number): Anchor | undefined {
    return this.audit.receipts.anchorOf(epoch);
  }

  peers(): readonly PeerFacts[] {
    return [...this.#links].map(([address, link]) => ({
      address,
      name: address,
      connected: link.ready,
      rttMs: null,
      slots: null,
      ttftMs: null,
      tokensPerSecond: null,
      finished: 0,
      broken: 0,
      reputation: null,
    }));
  }

  async #discover(): Promise<void> {
    const { chain, clock, log } = this.#deps;
    try {
      const registered = await chain.nodes("router");
      const found = registered.flatMap(({ addresses }) => addresses.filter((text) => text.startsWith("/")).slice(0, 1));
      this.#dial([...this.#options.routers, ...found]);
    } catch (error) {
      log.warn("routers could not be read from the registry", {}, error);
      this.#dial(this.#options.routers);
    }
    if (!this.#draining)
      this.#cancelDiscovery = clock.after(
        this.connected > 0 ? DISCOVER_MS : DISCOVER_ALONE_MS,
        () => void this.#discover(),
      );
  }

  #dial(addresses: readonly string[]): void {
    for (const [address, hangUp] of this.#dialled) {
      // A router that moved announces its new address; a line that stands is left alone.
      if (addresses.length === 0 || addresses.includes(address)) continue;
      hangUp();
      this.#dialled.delete(address);
    }
    for (const address of addresses) {
      if (this.#dialled.has(address) || this.#dialled.size >= MOST_ROUTERS) continue;
      this.#dialled.set(
        address,
        this.#deps.keepOpen(address, (stream) => this.#serve(stream)),
      );
    }
  }

  async #serve(stream: PeerStream): Promise<void> {
    // On a new line the router would not know of the drain, and send orders that are all refused.
    if (this.#draining) return;
    const link = new RouterLink(stream, {
      ...this.#deps,
      ledger: this.ledger,
      sessions: this.#sessions,
      receipts: this.#receipts,
      audit: this.audit,
      prices: this.#options,
      exposureWei: this.#options.exposureWei,
      hello: () => this.#hello(),
      closed: () => this.#closed(),
    });
    this.#links.set(stream.remote, link);
    await link.run();
    if (this.#links.get(stream.remote) === link) this.#links.delete(stream.remote);
  }

  #server(): AuditServer {
    const { signer } = this.#deps;
    const desk = { ...this.#deps, ledger: this.ledger, address: signer.address, prices: this.#options };
    const checks = new CheckDesk(desk);
    return new AuditServer({
      ...this.#deps,
      audit: this.audit,
      mayForward: (peer) => this.#links.has(peer),
      check: async (frame) => await checks.answer(frame, this.#checking.signal),
    });
  }

  #closed(): Refusal | undefined {
    if (!this.#draining) return undefined;
    return { code: "draining", retryable: true, message: "this miner is stopping" };
  }

  #hello(): Hello {
    const { engine, chain, signer } = this.#deps;
    const { model } = engine;
    return {
      version: PROTOCOL_VERSION,
      address: signer.address,
      owner: this.#options.owner,
      role: "miner",
      models: [
        {
          modelId: model.modelId,
          name: model.name,
          contextTokens: model.contextTokens,
          engine: "gguf",
          slots: engine.slots,
          canContinue: true,
        },
      ],
      promptPrice: this.#options.promptPrice,
      outputPrice: this.#options.outputPrice,
      software: this.#options.software,
      nonce: this.#deps.randomBytes32(),
      expiresAt: chain.head().timestamp + chain.parameters.orderLifetimeSeconds,
    };
  }
}
