import type { PeerFacts } from "../observability/snapshot.ts";
import type { MinerFacts } from "../protocol/minerFacts.ts";
import { expected } from "../protocol/averages.ts";
import type { TaskInput } from "../protocol/records.ts";
import { PREFIX_BLOCK_BYTES, PrefixIndex } from "../protocol/prefix.ts";
import type { Address, Clock, Hex } from "../util/types.ts";
import { reputation } from "../protocol/reputation.ts";
import { strainOf } from "../protocol/strain.ts";
import type { Measured } from "./measured.ts";
import type { MinerLink } from "./minerLink.ts";

/** Usual length of a token. */
const BYTES_PER_TOKEN = 4;

/** A connected miner as the router deals with it. */
export interface PooledMiner extends MinerFacts {
  readonly address: Address;
  readonly link: MinerLink;
  readonly session: Hex;
  readonly modelId: Hex;
  readonly modelName: string;
}

/** What is settled on chain about a miner. */
export interface SettledStanding {
  /** 0 to 10. */
  readonly class: number;
  /** Evidence against its answers, in nats. */
  readonly cusum: number;
}

/** One order that is out. */
export interface Given {
  readonly entry: PoolEntry;
  readonly atMs: number;
  readonly expectedMs: number;
  /** How much longer its tokens take because of the orders that were out before it. */
  readonly crowding: number;
  readonly account: Hex | undefined;
  readonly input: TaskInput;
}

interface EntryDeps {
  readonly clock: Clock;
  /** Undefined while nothing is settled. */
  standing?(miner: Address): SettledStanding | undefined;
}

interface Usual {
  readonly prefillMsPerToken: number | undefined;
  readonly decodeMsPerToken: number | undefined;
}

interface EntryInput {
  readonly link: MinerLink;
  readonly session: Hex;
  readonly measured: Measured;
}

/** One miner's life in the pool; getters, so that a draw always sees the newest measurement. */
export class PoolEntry implements PooledMiner {
  readonly address: Address;
  readonly link: MinerLink;
  readonly session: Hex;
  readonly measured: Measured;
  readonly slots: number;
  readonly modelId: Hex;
  readonly modelName: string;
  readonly contextTokens: number;
  /** What its memory may hold; gone with the line, since its process may be another then. */
  readonly prefixes: PrefixIndex;
  readonly #deps: EntryDeps;
  /** The model's medians. */
  usual: Usual | undefined;
  /** Orders that are out, the oldest first. */
  readonly given = new Set<Given>();
  draining = false;

  constructor({ link, session, measured }: EntryInput, deps: EntryDeps) {
    this.address = link.address;
    this.link = link;
    this.session = session;
    this.measured = measured;
    this.#deps = deps;
    const model = link.hello.models[0];
    this.modelId = model?.modelId ?? "0x";
    this.modelName = model?.name ?? "";
    this.contextTokens = model?.contextTokens ?? 0;
    this.slots = model?.slots ?? 1;
    this.prefixes = new PrefixIndex(
      Math.ceil((this.slots * this.contextTokens * BYTES_PER_TOKEN) / PREFIX_BLOCK_BYTES),
    );
  }

  get miner(): Address {
    return this.address;
  }
  get owner(): Address {
    return this.link.hello.owner;
  }
  get model(): Hex {
    return this.modelId;
  }
  get promptPrice(): bigint {
    return this.link.hello.promptPrice;
  }
  get outputPrice(): bigint {
    return this.link.hello.outputPrice;
  }
  get class(): number | undefined {
    return this.#deps.standing?.(this.address)?.class;
  }
  get cusum(): number | undefined {
    return this.#deps.standing?.(this.address)?.cusum;
  }
  get busy(): number {
    return this.given.size;
  }
  get strain(): number {
    const [oldest] = this.given;
    const late = oldest && { oldestMs: this.#now - oldest.atMs, expectedMs: oldest.expectedMs };
    return strainOf({ orders: this.busy, limit: this.measured.limit, ...late });
  }
  get circuitOpen(): boolean {
    return this.measured.circuitOpen(this.#now);
  }
  get rttMs(): number {
    return this.measured.rttMs ?? 1;
  }
  get prefillMsPerToken(): number | undefined {
    return expected(this.measured.prefillMsPerToken, this.usual?.prefillMsPerToken, this.#now);
  }
  get decodeMsPerToken(): number | undefined {
    return expected(this.measured.decodeMsPerToken, this.usual?.decodeMsPerToken, this.#now);
  }
  get finished(): number {
    return this.measured.tally(this.#now).finished;
  }
  get broken(): number {
    return this.measured.tally(this.#now).broken;
  }
  get free(): number {
    return this.draining ? 0 : Math.max(0, this.measured.limit - this.busy);
  }

  /** The facts as they are now: what an order keeps of its miner. */
  snapshot(): PooledMiner {
    const { address, link, session, modelId, modelName, miner, owner, model, contextTokens } = this;
    const { promptPrice, outputPrice, circuitOpen, rttMs, finished, broken } = this;
    const { prefillMsPerToken, decodeMsPerToken, strain, cusum } = this;
    const named = { address, link, session, modelId, modelName, miner, owner, model, contextTokens, class: this.class };
    const measured = { rttMs, prefillMsPerToken, decodeMsPerToken, strain, finished, broken, cusum, circuitOpen };
    return { ...named, promptPrice, outputPrice, ...measured };
  }

  /** What people see of it. */
  facts(): PeerFacts {
    const { rttMs, ttftMs, msPerToken, finished, broken } = this.measured;
    return {
      address: this.address,
      name: this.modelName,
      connected: this.link.open,
      rttMs: rttMs ?? null,
      slots: { busy: this.busy, total: this.slots },
      ttftMs: ttftMs ?? null,
      tokensPerSecond: msPerToken === undefined ? null : 1000 / Math.max(msPerToken, 0.001),
      finished,
      broken,
      reputation: reputation(this),
    };
  }

  get #now(): number {
    return this.#deps.clock.now();
  }
}
