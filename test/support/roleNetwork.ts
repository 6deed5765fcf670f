import { randomBytes } from "node:crypto";
import type { DrawSource } from "../../src/audit/sampleDesk.ts";
import { NodeAsker } from "../../src/audit/nodeAsker.ts";
import { MemoryChain } from "../../src/chain/index.ts";
import { ROLE, type Role } from "../../src/chain/interface.ts";
import { createEngine } from "../../src/engine/index.ts";
import type { Engine } from "../../src/engine/interface.ts";
import { createMailbox, createSigner, createVault, newPrivateKey, recover, sealTo } from "../../src/keys/index.ts";
import type { Signer, Vault } from "../../src/keys/interface.ts";
import { Miner } from "../../src/miner/miner.ts";
import { createSilentLog } from "../../src/observability/log.ts";
import { WorkMeter } from "../../src/observability/work.ts";
import { Chaos, createMemoryNetwork, keepOpen, type MemoryNetwork } from "../../src/p2p/index.ts";
import { PROTOCOLS, type Transport } from "../../src/p2p/interface.ts";
import { digest, registerHash } from "../../src/protocol/eip712.ts";
import type { ReceiptBundle } from "../../src/protocol/receiptBundle.ts";
import type { Session } from "../../src/protocol/records.ts";
import type { ThresholdCard } from "../../src/protocol/thresholdCard.ts";
import { RENDERER_VERSION } from "../../src/protocol/render.ts";
import { Router, type RouterOptions } from "../../src/router/router.ts";
import type { AnswerFinish, TaskRequest } from "../../src/router/task.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { systemClock } from "../../src/util/clock.ts";
import type { FaultKind } from "../../src/util/fault.ts";
import type { Address, Hex } from "../../src/util/types.ts";
import { AUDIT } from "./auditParts.ts";

const COR = 10n ** 18n;
const PRICES = { promptPrice: 2n * 10n ** 11n, outputPrice: 21n * 10n ** 11n };
export const randomHex = (bytes: number): Hex => `0x${randomBytes(bytes).toString("hex")}`;

/** The end of an answer that came with a receipt. */
export type Answered = AnswerFinish & { readonly bundle: ReceiptBundle };

/** One miner of a network in memory; `miner` and `store` are those of its newest life. */
export interface TestMiner {
  miner: Miner;
  readonly signer: Signer;
  /** Counts every token that its engine makes. */
  readonly work: WorkMeter;
  store: MemoryStore;
}

export interface TestMinerOptions {
  readonly script?: string;
  readonly slots?: number;
  readonly exposureWei?: bigint;
  readonly drainMs?: number;
  /** What goes wrong on its lines; `crash` and `drain` begin a new life. */
  readonly chaos?: string;
  readonly onFault?: (kind: FaultKind) => void;
}

/** What outlives a miner's lives. */
interface MinerParts {
  readonly signer: Signer;
  readonly vault: Vault;
  readonly owner: Address;
  readonly engine: Engine;
  readonly work: WorkMeter;
  readonly transport: Transport;
  readonly exposureWei: bigint;
  readonly drainMs: number;
  chaos: Chaos | undefined;
}

export interface RoleNetworkOptions {
  readonly draws?: DrawSource;
  /** Other lines than those in memory; the router's listen. */
  transport?(key: Hex, options: { readonly listens: boolean }): Transport;
  readonly router?: Partial<RouterOptions>;
  /** What the router knows of honest answers, whatever the model. */
  readonly card?: ThresholdCard;
  readonly parameters?: NonNullable<ConstructorParameters<typeof MemoryChain>[0]["parameters"]>;
}

/** A router and its miners over memory adapters: real roles, real signatures, no sockets. */
export class RoleNetwork {
  readonly chain: MemoryChain;
  readonly lines: MemoryNetwork = createMemoryNetwork();
  readonly routerKey = newPrivateKey();
  readonly routerSigner = createSigner(this.routerKey);
  readonly routerOwner = createSigner(newPrivateKey());
  readonly operator = createSigner(newPrivateKey());
  readonly draws: DrawSource | undefined;
  clientSession!: Session;
  routerStore = new MemoryStore();
  router!: Router;
  readonly miners: TestMiner[] = [];
  readonly #stops: (() => Promise<void>)[] = [];
  readonly #restarting = new Map<TestMiner, Promise<void>>();
  readonly #routerOptions: Partial<RouterOptions>;
  readonly #card: ThresholdCard | undefined;
  readonly #newTransport: RoleNetworkOptions["transport"];
  #routerTransport: Transport | undefined;
  #stopped = false;

  constructor({ router = {}, parameters = {}, draws, transport, card }: RoleNetworkOptions = {}) {
    this.#newTransport = transport;
    this.draws = draws;
    this.#routerOptions = router;
    this.#card = card;
    this.chain = new MemoryChain({ parameters }, { recover });
  }

  static async create(options: RoleNetworkOptions = {}): Promise<RoleNetwork> {
    const network = new RoleNetwork(options);
    await network.#open();
    return network;
  }

  async #open(): Promise<void> {
    const { chain, operator, routerSigner, routerOwner } = this;
    for (const { address } of [operator, routerSigner, routerOwner])
      await chain.fund(address, { corWei: 5000n * COR, gasWei: COR });
    await this.#register(routerSigner, {
      owner: routerOwner,
      role: "router",
      addresses: this.#newTransport === undefined ? [`/memory/${routerSigner.address}`] : [],
    });
    this.clientSession = {
      payer: operator.address,
      signer: routerSigner.address,
      payee: routerSigner.address,
      recipient: routerOwner.address,
      terms: randomHex(32),
      expiry: chain.head().timestamp + 1_000_000,
      salt: randomHex(32),
    };
    await chain.as(operator).openSession(this.clientSession, 1000n * COR);
    await this.routerStore.start();
    await this.startRouter();
  }

  /** A router over the store as it is now; used again after `killRouter`. */
  async startRouter(): Promise<void> {
    const { chain, routerSigner, routerOwner } = this;
    const transport = this.#transport(this.routerKey, { listens: true });
    this.#routerTransport = transport;
    this.router = new Router(
      {
        network: "memory",
        owner: routerOwner.address,
        software: "test",
        clientSession: this.clientSession,
        minerDepositWei: 10n * COR,
        attempts: 4,
        queueMs: 5000,
        timeoutMs: 30_000,
        drainMs: 20,
        limits: { ackMs: 1000, lateMs: 1000, stallMs: 1000 },
        audit: AUDIT,
        ...this.#routerOptions,
      },
      {
        chain,
        transport,
        store: this.routerStore,
        signer: routerSigner,
        recover,
        vault: createVault(this.routerKey, "transcripts"),
        sealTo,
        work: new WorkMeter(systemClock),
        clock: systemClock,
        log: createSilentLog(),
        random: Math.random,
        randomBytes32: () => randomHex(32),
        card: () => this.#card,
        ...(this.draws !== undefined && { draws: this.draws }),
      },
    );
    await this.router.start();
  }

  /** Drops the router's lines and whatever it had not synced. */
  async killRouter(): Promise<void> {
    const dead = this.router;
    for (const { signer } of this.miners) this.lines.cut(this.routerSigner.address, signer.address);
    this.routerStore = this.routerStore.afterKill();
    await dead.stop();
    for (const { signer } of this.miners) this.lines.mend(this.routerSigner.address, signer.address);
  }

  /** A miner with the scripted engine, connected. */
  async addMiner(options: TestMinerOptions = {}): Promise<TestMiner> {
    const { chain } = this;
    const { script = "rate=2000,length=40", slots = 4, exposureWei = COR, drainMs = 1000 } = options;
    const key = newPrivateKey();
    const signer = createSigner(key);
    const owner = createSigner(newPrivateKey());
    await chain.fund(owner.address, { corWei: 200n * COR, gasWei: COR });
    await this.#register(signer, { owner, role: "miner", addresses: [] });
    const engine = createEngine({ kind: "scripted", script, slots }, { log: createSilentLog(), clock: systemClock });
    const store = new MemoryStore();
    const transport = this.#transport(key, { listens: false });
    await Promise.all([engine.start(), store.start(), transport.start()]);
    const parts: MinerParts = {
      signer,
      vault: createVault(key, "transcripts"),
      owner: owner.address,
      engine,
      work: new WorkMeter(systemClock),
      transport,
      exposureWei,
      drainMs,
      chaos: undefined,
    };
    const known = this.miners.length;
    const made: TestMiner = { miner: this.#miner(parts, store), signer, work: parts.work, store };
    if (options.chaos !== undefined)
      parts.chaos = new Chaos(
        { spec: options.chaos, name: `miner-${known}` },
        {
          clock: systemClock,
          crash: () => this.#newLife(made, { parts, how: "crash" }),
          drain: () => this.#newLife(made, { parts, how: "drain" }),
          onFault: ({ kind }) => options.onFault?.(kind),
        },
      );
    await made.miner.start();
    this.miners.push(made);
    this.#stops.push(async () => {
      await this.#restarting.get(made);
      await made.miner.stop();
      await engine.stop();
      await transport.stop();
    });
    await this.untilConnected(known + 1);
    return made;
  }

  #miner(parts: MinerParts, store: MemoryStore): Miner {
    const { signer, vault, owner, engine, work, transport, exposureWei, drainMs } = parts;
    return new Miner(
      { owner, software: "test", ...PRICES, exposureWei, drainMs, routers: this.#moreRouters(), audit: AUDIT },
      {
        chain: this.chain,
        engine,
        store,
        signer,
        recover,
        vault,
        sealTo,
        work,
        clock: systemClock,
        log: createSilentLog(),
        randomBytes32: () => randomHex(32),
        handle: (protocol, accept) => transport.handle(protocol, accept),
        ...(this.draws !== undefined && { draws: this.draws }),
        keepOpen: (address, onStream) => {
          const kept = keepOpen({
            address,
            protocol: PROTOCOLS.task,
            transport,
            clock: systemClock,
            onStream: (stream) => onStream(parts.chaos?.over(stream) ?? stream),
            backoff: { firstMs: 5, maxMs: 20 },
          });
          return () => void kept.stop();
        },
      },
    );
  }

  /** An address of the router. */
  get routerAddress(): string {
    return this.#routerTransport?.addresses()[0] ?? "";
  }

  #moreRouters(): readonly string[] {
    return this.#newTransport === undefined ? [] : [this.routerAddress];
  }

  #transport(key: Hex, options: { listens: boolean }): Transport {
    return this.#newTransport?.(key, options) ?? this.lines.transport(createSigner(key).address);
  }

  /** A registered validator, and a transport that it asks from. It counts from the next epoch on. */
  async addValidator(): Promise<{ signer: Signer; asker: NodeAsker }> {
    const key = newPrivateKey();
    const signer = createSigner(key);
    const owner = createSigner(newPrivateKey());
    await this.chain.fund(owner.address, { corWei: 200n * COR, gasWei: COR });
    await this.#register(signer, { owner, role: "validator", addresses: [] });
    return { signer, asker: await this.asker(key) };
  }

  /** Whoever asks like a validator. */
  async asker(key: Hex): Promise<NodeAsker> {
    const transport = this.#transport(key, { listens: false });
    await transport.start();
    this.#stops.push(() => transport.stop());
    const signer = createSigner(key);
    const deps = { chain: this.chain, transport, signer, recover, newMailbox: createMailbox };
    return new NodeAsker({ ...deps, randomBytes32: () => randomHex(32) });
  }

  /** Ends a miner and starts it again: at once and with what was synced, or in order. */
  #newLife(made: TestMiner, { parts, how }: { parts: MinerParts; how: "crash" | "drain" }): void {
    if (this.#restarting.has(made) || this.#stopped) return;
    const [router, miner] = [this.routerSigner.address, made.signer.address];
    const restart = async (): Promise<void> => {
      if (how === "crash") {
        this.lines.cut(router, miner);
        made.store = made.store.afterKill();
      }
      await made.miner.stop();
      if (how === "crash") this.lines.mend(router, miner);
      made.miner = this.#miner(parts, made.store);
      await made.miner.start();
    };
    this.#restarting.set(
      made,
      restart().finally(() => this.#restarting.delete(made)),
    );
  }

  /** Resolves when the router has lines to so many miners. */
  async untilConnected(count: number): Promise<void> {
    while (this.router.peers().filter(({ connected }) => connected).length < count)
      await new Promise((resolve) => setTimeout(resolve, 2));
  }

  request(change: Partial<TaskRequest> = {}): TaskRequest {
    return {
      account: randomHex(32),
      requestId: randomHex(16),
      model: this.router.models()[0]?.name ?? "none",
      input: { kind: "messages", messages: [{ role: "user", content: "What is a dog?" }] },
      params: { maxTokens: 200, temperature: 1, topP: 1, topK: 64, minP: 0, stop: [], renderer: RENDERER_VERSION },
      ...change,
    };
  }

  /** The whole answer to one request. */
  async ask(
    change: Partial<TaskRequest> = {},
    signal: AbortSignal = new AbortController().signal,
  ): Promise<{ text: string; finish: Answered }> {
    let text = "";
    for await (const event of this.router.answer(this.request(change), signal)) {
      if (event.type === "text") text += event.text;
      if (event.type === "finish" && event.bundle !== undefined)
        return { text, finish: { ...event, bundle: event.bundle } };
    }
    throw new Error("the answer had no end");
  }

  /** What every edge says has been earned; all equal when nothing is lost and nothing paid twice. */
  sums(): { receipted: bigint; toMiners: bigint; fromClients: bigint; atMiners: bigint } {
    const { ledger } = this.router;
    return {
      receipted: ledger.receiptedWei,
      toMiners: ledger.minerEdges().reduce((sum, edge) => sum + edge.voucher.record.cumulative, 0n),
      fromClients: ledger.clientEdge?.voucher.record.cumulative ?? 0n,
      atMiners: this.miners.reduce((sum, { miner }) => sum + miner.ledger.vouchersWei, 0n),
    };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#stops.map((stop) => stop()));
    await this.router.stop();
  }

  async #register(node: Signer, record: { owner: Signer; role: Role; addresses: string[] }): Promise<void> {
    const consent = node.sign(
      digest(this.chain.domain, registerHash({ owner: record.owner.address, role: ROLE[record.role] })),
    );
    const stakeWei = this.chain.parameters.minimumStakeWei;
    await this.chain
      .as(record.owner)
      .register({ address: node.address, role: record.role, stakeWei, addresses: record.addresses, consent });
  }
}
