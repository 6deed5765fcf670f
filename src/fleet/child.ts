import { type ChildProcess, spawn } from "node:child_process";
import type { Log } from "../observability/log.ts";
import type { NodeState, ProcessStatus } from "../observability/snapshot.ts";
import { errorOf, type NodeMessage, type ReadyMessage } from "../node/ipc.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import { Backoff } from "../util/async.ts";
import type { Clock } from "../util/types.ts";
import { type NodeSpec, portsEnv } from "./fleetSpec.ts";

/** A child that has run this long had a good start: its waits begin anew. */
const GOOD_START_MS = 60_000;
const READY_MS = 120_000;
const OUTPUT_LIMIT = 4096;

export interface ChildOptions {
  readonly spec: NodeSpec;
  /** The program's own file; children run it with the same Node. */
  readonly main: string;
  /** Flags that every child gets: home, network. */
  readonly common: readonly string[];
  onStep(label: string, result: string): void;
  /** Told when the child crashed and when it is back. */
  onChange(text: string): void;
  /** Told each time the child serves, after restarts too. */
  onReady(): void;
  /** Crashes are on purpose now, so that none says anything about the next start. */
  expectsCrashes(): boolean;
}

/** One supervised process: started, watched, started again with growing waits when it dies. */
export class Child {
  readonly spec: NodeSpec;
  readonly #options: ChildOptions;
  readonly #deps: { readonly log: Log; readonly clock: Clock };
  readonly #backoff = new Backoff({ firstMs: 1000, maxMs: 30_000, random: () => 1 });
  #process: ChildProcess | undefined;
  #ready: ReadyMessage | undefined;
  #state: NodeState = "starting";
  #restarts = 0;
  #startedAt = 0;
  #stopping = false;
  #cancelRestart = (): void => {};
  #output = "";

  constructor(options: ChildOptions, deps: { readonly log: Log; readonly clock: Clock }) {
    this.spec = options.spec;
    this.#options = options;
    this.#deps = deps;
  }

  get ready(): ReadyMessage | undefined {
    return this.#ready;
  }

  status(): ProcessStatus {
    return {
      name: this.spec.name,
      role: this.spec.role,
      pid: this.#process?.pid ?? 0,
      state: this.#state,
      restarts: this.#restarts,
      uptime_s: this.#process === undefined ? 0 : Math.round((this.#deps.clock.now() - this.#startedAt) / 1000),
      cpu: 0,
      rss_bytes: 0,
      url: this.#ready?.url ?? null,
    };
  }

  /** Resolves when the node serves; throws its own error when it does not start. */
  start(): Promise<ReadyMessage> {
    return new Promise((resolve, reject) => {
      this.#launch({ resolve, reject });
    });
  }

  /** Asks the child to drain and waits; after the time it is killed. */
  async stop(withinMs: number): Promise<void> {
    this.#stopping = true;
    this.#cancelRestart();
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    this.#state = "draining";
    await new Promise<void>((resolve) => {
      const cancel = this.#deps.clock.after(withinMs, () => child.kill("SIGKILL"));
      child.once("exit", () => {
        cancel();
        resolve();
      });
      child.kill("SIGTERM");
    });
  }

  #launch(first?: { resolve(ready: ReadyMessage): void; reject(error: Error): void }): void {
    const { spec, main, common } = this.#options;
    this.#startedAt = this.#deps.clock.now();
    this.#output = "";
    const args = [main, spec.role, "start", "--name", spec.name, "--no-input", ...common];
    const env = { ...process.env, ...spec.env, ...this.#ports() };
    // Detached: Ctrl-C on the terminal reaches the supervisor alone, which stops its children in order.
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe", "ipc"], detached: true, env });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (data: Buffer) => {
        this.#output = (this.#output + data.toString("utf8")).slice(-OUTPUT_LIMIT);
      });
    const cancelLate = this.#deps.clock.after(READY_MS, () => child.kill("SIGKILL"));
    let failure: Error | undefined;
    let starting = true;
    child.on("message", (message: NodeMessage) => {
      if (message.type === "step") this.#options.onStep(message.label, message.result);
      if (message.type === "failed") failure = errorOf(message);
      if (message.type !== "ready") return;
      cancelLate();
      starting = false;
      this.#becameReady(message);
      first?.resolve(message);
    });
    child.once("error", (error) => (failure = error));
    child.once("exit", (code, signal) => {
      cancelLate();
      const error = failure ?? this.#died(code, signal);
      if (starting && first !== undefined) first.reject(error);
      else this.#crashed(error);
    });
  }

  /** A restart takes the ports of the life before, so that clients and miners find the node where it was. */
  #ports(): Readonly<Record<string, string>> {
    if (this.#ready?.url === undefined) return {};
    const p2p = /\/tcp\/(\d+)\/ws/.exec(this.#ready.p2p?.join(" ") ?? "")?.[1] ?? "0";
    return portsEnv(Number(new URL(this.#ready.url).port), Number(p2p));
  }

  #becameReady(message: ReadyMessage): void {
    if (this.#restarts > 0 && this.#ready !== undefined) this.#options.onChange(`${this.spec.name} is back`);
    this.#ready = message;
    this.#state = "serving";
    this.#options.onReady();
  }

  #died(code: number | null, signal: NodeJS.Signals | null): CortensorError {
    const how = signal === null ? `ended with code ${code ?? 1}` : `was ended by ${signal}`;
    const last = this.#output.trim().split("\n").at(-1) ?? "";
    return new CortensorError("start-failed", `${this.spec.name} ${how}`, {
      ...(last !== "" && { why: [["seen", last]] }),
      try: `cortensor logs ${this.spec.name}`,
    });
  }

  #crashed(error: Error): void {
    if (this.#stopping) return;
    const goodStart = this.#deps.clock.now() - this.#startedAt > GOOD_START_MS;
    if (goodStart || this.#options.expectsCrashes()) this.#backoff.reset();
    const waitMs = this.#backoff.nextMs();
    this.#state = "restarting";
    this.#restarts += 1;
    this.#deps.log.warn("child died", { child: this.spec.name, restarts: this.#restarts, waitMs }, error);
    this.#options.onChange(`${error.message}; starts again in ${Math.round(waitMs / 1000)} s`);
    this.#cancelRestart = this.#deps.clock.after(waitMs, () => this.#launch());
  }
}
