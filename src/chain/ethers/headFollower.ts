import type { Log } from "../../observability/log.ts";
import type { Clock } from "../../util/types.ts";
import type { Block } from "../interface.ts";
import { type Header, pendingTimestamp, readHeader } from "./blocks.ts";
import type { Rpc } from "./failoverRpc.ts";

const POLL_MS = 1000;

interface Deps {
  readonly rpc: Rpc;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Asks for the newest block once a second. Compares hashes, so it notices when blocks that were seen are no longer part
 * of the chain: after a re-org, or when a practice chain came back from its last dump.
 */
export class HeadFollower {
  readonly #deps: Deps;
  readonly #idle: boolean;
  readonly #listeners = new Set<(block: Block) => void>();
  readonly #rollbackListeners = new Set<() => void>();
  #head: Header | undefined;
  #pendingS = 0;
  #reading: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  #running = false;
  #away = false;

  /** `idle`: the chain makes blocks only when there is something to do, so its own "now" is asked for, too. */
  constructor(options: { readonly idle: boolean }, deps: Deps) {
    this.#idle = options.idle;
    this.#deps = deps;
  }

  /** Throws `rpc-unreachable`. */
  async start(): Promise<void> {
    if (this.#running) return;
    await this.#read();
    this.#running = true;
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#cancel?.();
    await this.#reading?.catch(() => undefined);
  }

  head(): Header {
    if (this.#head === undefined) throw new Error("the chain was asked for its head before it was started");
    return this.#head;
  }

  /** Block time as far as it is known, in seconds. */
  now(): number {
    return Math.max(this.head().timestamp, this.#pendingS);
  }

  onHead(listener: (block: Block) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Blocks that were seen are no longer part of the chain. */
  onRollback(listener: () => void): () => void {
    this.#rollbackListeners.add(listener);
    return () => this.#rollbackListeners.delete(listener);
  }

  /** Reads the newest block now; one reading at a time. Never throws. */
  async refresh(): Promise<void> {
    await this.#readQuietly();
  }

  #schedule(): void {
    if (!this.#running) return;
    this.#cancel = this.#deps.clock.after(POLL_MS, () => {
      void this.#readQuietly().then(() => this.#schedule());
    });
  }

  async #readQuietly(): Promise<void> {
    try {
      this.#reading ??= this.#read().finally(() => {
        this.#reading = undefined;
      });
      await this.#reading;
      if (this.#away) this.#deps.log.info("the chain answers again", { block: this.#head?.number });
      this.#away = false;
    } catch (error) {
      if (!this.#away) this.#deps.log.warn("the chain does not answer", {}, error);
      this.#away = true;
    }
  }

  async #read(): Promise<void> {
    const { rpc } = this.#deps;
    const [latest, pendingS] = await Promise.all([readHeader(rpc, "latest"), this.#idle ? pendingTimestamp(rpc) : 0]);
    if (latest === undefined) return;
    const before = this.#head;
    this.#pendingS = pendingS;
    if (before?.hash === latest.hash) return;
    const rolledBack = before !== undefined && !(await this.#continues(before, latest));
    this.#head = latest;
    if (rolledBack) this.#announceRollback(before, latest);
    for (const listener of this.#listeners) this.#call(() => listener(latest));
  }

  async #continues(before: Header, latest: Header): Promise<boolean> {
    if (latest.number <= before.number) return false;
    if (latest.number === before.number + 1) return latest.parent === before.hash;
    return (await readHeader(this.#deps.rpc, before.number))?.hash === before.hash;
  }

  #announceRollback(before: Header, latest: Header): void {
    this.#deps.log.warn("blocks were taken back", { seen: before.number, head: latest.number });
    for (const listener of this.#rollbackListeners) this.#call(listener);
  }

  #call(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#deps.log.error("a listener to new blocks failed", {}, error);
    }
  }
}
