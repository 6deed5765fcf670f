import { rm } from "node:fs/promises";
import { CortensorError } from "../errors/cortensorError.ts";
import { callControl, ControlSocket, tellControl } from "../node/control.ts";
import type { Home } from "../node/home.ts";
import type { ReadyMessage } from "../node/ipc.ts";
import { Lifecycle } from "../node/lifecycle.ts";
import { lockHome } from "../node/lock.ts";
import type { Log } from "../observability/log.ts";
import type { NodeFacts } from "../observability/snapshot.ts";
import { parseChaos } from "../p2p/chaos/chaosSpec.ts";
import { sleep } from "../util/async.ts";
import { writeJson } from "../util/jsonFile.ts";
import type { Clock } from "../util/types.ts";
import { Child } from "./child.ts";
import type { NodeSpec } from "./fleetSpec.ts";
import { LocalChain } from "./localChain.ts";

/** All nodes together have this long to drain before they are killed; `down` promises 5 s in all. */
const STOP_MS = 4000;
const CONNECT_MS = 30_000;

export interface SupervisorOptions {
  readonly home: Home;
  readonly specs: readonly NodeSpec[];
  readonly main: string;
  readonly host: string;
  readonly chainPort: number;
  readonly epochSeconds: number | undefined;
}

export interface SupervisorDeps {
  readonly log: Log;
  readonly clock: Clock;
  step<T>(label: string, work: () => Promise<T>, result: (value: T) => string): Promise<T>;
  /** Told of crashes and restarts. */
  notice(text: string): void;
  /** Called when another process asks for the end. */
  requestStop(): void;
}

/** What `up` writes for the other commands. */
export interface UpRecord {
  readonly schema: "cortensor.up/1";
  readonly network: string;
  readonly home: string;
  readonly pid: number;
  readonly router_url: string;
  readonly api_key: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly role: string;
    readonly address: string;
    readonly pid: number;
  }[];
}

/** Brings up a chain and the nodes of a list, keeps them up, and takes them down in order. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #deps: SupervisorDeps;
  readonly #lifecycle: Lifecycle;
  #children: readonly Child[] = [];
  /** How miners misbehave since somebody changed it; undefined: as they were started. */
  #chaos: string | undefined;

  constructor(options: SupervisorOptions, deps: SupervisorDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#lifecycle = new Lifecycle(deps.log);
  }

  /** All of it or nothing: when one node does not start, the others are stopped and its error is thrown. */
  async start(signal: AbortSignal): Promise<UpRecord> {
    try {
      return await this.#start(signal);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Stops nodes, then the chain; at most 5 s. May be called twice. */
  async stop(): Promise<void> {
    await this.#lifecycle.stop();
  }

  async #start(signal: AbortSignal): Promise<UpRecord> {
    const { home, host, chainPort, epochSeconds } = this.#options;
    const lock = lockHome(home, "fleet");
    this.#lifecycle.onStop("lock", () => lock.release());
    const chain = new LocalChain({ home, host, port: chainPort, epochSeconds }, this.#deps);
    await this.#deps.step(
      "chain",
      () => this.#lifecycle.start("chain", chain, signal),
      ({ preset }) => `${new URL(preset.rpc[0] ?? "").host}, chain ${preset.chainId}, 5 contracts`,
    );
    signal.throwIfAborted();
    this.#children = this.#options.specs.map((spec) => this.#child(spec));
    this.#lifecycle.onStop("nodes", async () => {
      await Promise.all(this.#children.map((child) => child.stop(STOP_MS)));
    });
    const stopEarly = (): void => void this.stop();
    signal.addEventListener("abort", stopEarly, { once: true });
    const [routers, miners, validators] = await Promise.all([
      this.#bringUp("router"),
      this.#bringUp("miner"),
      this.#bringUp("validator"),
    ]).finally(() => signal.removeEventListener("abort", stopEarly));
    signal.throwIfAborted();
    if (miners.length > 0) await this.#untilConnected(routers, { miners: miners.length, signal });
    const control = new ControlSocket(home.node("fleet").socket, {
      "GET /facts": () => ({ processes: this.#children.map((child) => child.status()) }),
      "POST /stop": () => this.#deps.requestStop(),
      "POST /chaos": (spec) => this.#setChaos(spec),
    });
    await this.#lifecycle.start("control", control);
    return await this.#writeUp([...routers, ...miners, ...validators], chain.preset.name);
  }

  #child(spec: NodeSpec): Child {
    const { home, main } = this.#options;
    return new Child(
      {
        spec,
        main,
        common: ["--home", home.root, "--network", "local"],
        onStep: () => {},
        onChange: (text) => this.#deps.notice(text),
        onReady: () => {
          if (spec.role === "miner" && this.#chaos !== undefined) void this.#tellChaos(spec.name, this.#chaos);
        },
        expectsCrashes: () => (this.#chaos ?? spec.env.CORTENSOR_MINER_CHAOS ?? "") !== "",
      },
      this.#deps,
    );
  }

  /** Tells every miner; one that is down is told when it is back. */
  async #setChaos(text: string): Promise<{ chaos: string; miners: readonly string[] }> {
    parseChaos(text);
    this.#chaos = text.trim();
    const chaos = this.#chaos;
    const names = this.#children.filter(({ spec }) => spec.role === "miner").map(({ spec }) => spec.name);
    const told = await Promise.all(names.map((name) => this.#tellChaos(name, chaos)));
    this.#deps.log.warn("chaos changed", { spec: chaos });
    return { chaos, miners: names.filter((_, at) => told[at]) };
  }

  async #tellChaos(name: string, spec: string): Promise<boolean> {
    const { socket } = this.#options.home.node(name);
    return await tellControl(socket, "POST /chaos", spec).catch(() => false);
  }

  async #bringUp(role: NodeSpec["role"]): Promise<readonly ReadyMessage[]> {
    const children = this.#children.filter(({ spec }) => spec.role === role);
    if (children.length === 0) return [];
    const label = role === "miner" ? "miners" : role;
    return await this.#deps.step(label, () => Promise.all(children.map((child) => child.start())), described);
  }

  /** A network is up when its miners have lines to its routers: a prompt before that would find nobody. */
  async #untilConnected(
    routers: readonly ReadyMessage[],
    { miners, signal }: { miners: number; signal: AbortSignal },
  ): Promise<void> {
    const { home } = this.#options;
    const until = this.#deps.clock.now() + CONNECT_MS;
    for (const { name } of routers) {
      for (;;) {
        const facts = (await callControl(home.node(name).socket, "GET /facts").catch(() => undefined)) as
          | NodeFacts
          | undefined;
        if ((facts?.peers.filter(({ connected }) => connected).length ?? 0) >= miners) break;
        if (this.#deps.clock.now() > until)
          throw new CortensorError(
            "start-failed",
            `the miners did not connect to ${name} within ${CONNECT_MS / 1000} s`,
            { try: "cortensor logs miner-1" },
          );
        await sleep(20, signal);
      }
    }
  }

  async #writeUp(nodes: readonly ReadyMessage[], network: string): Promise<UpRecord> {
    const { home } = this.#options;
    const router = nodes.find(({ role }) => role === "router");
    const record: UpRecord = {
      schema: "cortensor.up/1",
      network,
      home: home.root,
      pid: process.pid,
      router_url: router?.url ?? "",
      api_key: router?.apiKey ?? "",
      nodes: nodes.map(({ name, role, address, pid }) => ({ name, role, address, pid })),
    };
    await writeJson(home.upFile, record);
    this.#lifecycle.onStop("up file", () => rm(home.upFile, { force: true }));
    return record;
  }
}

function described(nodes: readonly ReadyMessage[]): string {
  const urls = nodes.flatMap(({ url }) => url ?? []);
  if (urls.length > 0) return urls.join(", ");
  const names = nodes.map(({ name }) => name);
  const shown = names.length > 3 ? `${names.length} miners` : names.join(", ").replace(/, ([^,]*)$/, " and $1");
  return [shown, ...new Set(nodes.flatMap(({ models = [] }) => models))].join(", ");
}
