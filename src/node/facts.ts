import type { Attention, NodeFacts, NodeState, PeerFacts } from "../observability/snapshot.ts";
import type { Hex } from "../util/types.ts";
import type { Ground } from "./nodeContext.ts";

/** What the role itself knows. */
export interface RoleFacts {
  readonly state: NodeState;
  readonly stateReason: string | null;
  readonly url: string | null;
  readonly models: readonly { readonly name: string; readonly modelId: Hex }[];
  readonly slots: { readonly busy: number; readonly total: number };
  readonly receiptedWei: bigint;
  readonly vouchersWei: bigint;
  readonly redeemedWei: bigint;
  readonly peers: readonly PeerFacts[];
  readonly attention: readonly Attention[];
}

/** Puts together what a process tells of itself, remembering since when its state holds and how much it had at midnight. */
export class FactsSource {
  readonly #ground: Ground;
  readonly #role: () => RoleFacts;
  #state: NodeState | undefined;
  #since: string;
  #cpu = process.cpuUsage();
  #cpuAt: number;
  #cpuShare = 0;
  #day = "";
  #atMidnightWei = 0n;

  constructor(ground: Ground, role: () => RoleFacts) {
    this.#ground = ground;
    this.#role = role;
    this.#since = ground.startedAt;
    this.#cpuAt = ground.clock.now();
  }

  read(): NodeFacts {
    const { options, identity, work, events, startedAt } = this.#ground;
    const role = this.#role();
    this.#note(role);
    return {
      schema: "cortensor.facts/1",
      name: options.name,
      role: options.role,
      address: identity.node.address,
      owner: identity.owner,
      network: options.preset.name,
      pid: process.pid,
      startedAt,
      state: role.state,
      stateReason: role.stateReason,
      stateSince: this.#since,
      url: role.url,
      cpu: this.#measureCpu(),
      rssBytes: process.memoryUsage.rss(),
      chain: this.#chain(),
      models: role.models,
      slots: role.slots,
      work: work.facts(),
      money: {
        receiptedWei: role.receiptedWei.toString(),
        receiptedTodayWei: (role.receiptedWei - this.#atMidnightWei).toString(),
        vouchersWei: role.vouchersWei.toString(),
        redeemedWei: role.redeemedWei.toString(),
        gasWei: this.#ground.gas.wei?.toString() ?? null,
      },
      peers: role.peers,
      attention: role.attention,
      lately: events.list(),
    };
  }

  #note({ state, receiptedWei }: RoleFacts): void {
    const { clock, options, events } = this.#ground;
    const now = new Date(clock.now());
    if (state !== this.#state) {
      if (this.#state !== undefined) {
        this.#since = now.toISOString();
        events.add(`${options.name} is ${state}`);
      }
      this.#state = state;
    }
    const day = now.toDateString();
    if (day !== this.#day) {
      this.#day = day;
      this.#atMidnightWei = receiptedWei;
    }
  }

  #chain(): NodeFacts["chain"] {
    const { chain, clock } = this.#ground;
    const endpoints = chain.endpoints();
    const { epoch, endsAt } = chain.epoch();
    const failing = endpoints.filter(({ ok }) => !ok).map(({ url, error }) => `${url}: ${error ?? "no answer"}`);
    return {
      reachable: endpoints.some(({ ok }) => ok),
      block: chain.head().number,
      epoch,
      epochEndsInSeconds: Math.max(0, Math.round(endsAt - clock.now() / 1000)),
      detail: failing.length > 0 ? failing.join("; ") : null,
    };
  }

  /** Share of one core since the last reading, at most once a second. */
  #measureCpu(): number {
    const now = this.#ground.clock.now();
    const passedMs = now - this.#cpuAt;
    if (passedMs < 1000) return this.#cpuShare;
    const used = process.cpuUsage(this.#cpu);
    this.#cpuShare = (used.user + used.system) / 1000 / passedMs;
    this.#cpu = process.cpuUsage();
    this.#cpuAt = now;
    return this.#cpuShare;
  }
}
