import { mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../../observability/log.ts";
import { damaged } from "../../util/jsonFile.ts";
import type { Clock, Hex, Startable } from "../../util/types.ts";
import { AnvilProcess, type Exit, urlOf } from "./anvilProcess.ts";
import { head, jsonRpc, readBlock } from "./jsonRpc.ts";
import { endLeftover, findLeftover, removePidFile, writePidFile } from "./leftover.ts";
import { StateFiles } from "./stateFiles.ts";

const DUMP_EVERY_MS = 2000;
const END_MS = 2000;
/** Dumping takes at most this share of the time, however long the chain has become. */
const DUMP_SHARE = 1 / 20;
/** The block of a boundary must not be a moment early. */
const AFTER_BOUNDARY_MS = 20;

export interface EmbeddedChainOptions {
  /** Dumps and the pid file. */
  readonly folder: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** 31337 unless given. */
  readonly chainId?: number;
}

/** A moment in every epoch at which blocks are mined, in seconds after its end. */
export interface Edge {
  readonly afterSeconds: number;
  readonly blocks: number;
}

interface Epochs {
  readonly epochSeconds: number;
  readonly genesis: number;
  readonly edges?: readonly Edge[];
}

export interface EmbeddedChainDeps {
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * A practice chain in a process of its own, which outlives the power button: dumped every two seconds when there is a
 * new block, and at the end. What was not in the last dump is taken back by a crash, like a re-org.
 */
export class EmbeddedChain implements Startable {
  readonly #options: EmbeddedChainOptions;
  readonly #deps: EmbeddedChainDeps;
  readonly #files: StateFiles;
  readonly #exitListeners = new Set<(exit: Exit) => void>();
  #process: AnvilProcess | undefined;
  /** Of the first start: whoever knows the chain's address finds it there again after a crash. */
  #port: number | undefined;
  #dumped: Hex | undefined;
  #dumping: Promise<void> = Promise.resolve();
  #dumpFailed = false;
  #cancelDump: (() => void) | undefined;
  #cancelMining: (() => void) | undefined;
  #epochs: Epochs | undefined;

  constructor(options: EmbeddedChainOptions, deps: EmbeddedChainDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#files = new StateFiles(options.folder);
  }

  get rpcUrl(): string {
    if (this.#process === undefined) throw new Error("the embedded chain was asked for its address while it was down");
    return urlOf(this.#options.host, this.#process.port);
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Also after a crash. Throws `chain-missing`, `port-in-use`, `home-damaged`, `start-failed`. */
  async start(signal?: AbortSignal): Promise<void> {
    if (this.#process !== undefined) return;
    await mkdir(this.#options.folder, { recursive: true, mode: 0o700 });
    const title = `cortensor-chain ${await realpath(this.#options.folder)}`;
    await this.#takeOver(title);
    const { host, chainId = 31_337 } = this.#options;
    const port = this.#port ?? this.#options.port;
    const anvil = await AnvilProcess.launch({ host, port, chainId, title }, signal);
    try {
      const url = urlOf(host, anvil.port);
      await writePidFile(this.#pidFile, { pid: anvil.pid, url });
      // It would end itself at its next line if whoever reads them were gone.
      await jsonRpc(url, "anvil_setLoggingEnabled", { params: [false] });
      await this.#load(url);
    } catch (error) {
      await anvil.end(END_MS);
      await removePidFile(this.#pidFile);
      throw error;
    }
    this.#process = anvil;
    this.#port = anvil.port;
    void anvil.exited.then((exit) => this.#exited(anvil, exit));
    this.#scheduleDump(DUMP_EVERY_MS);
    this.#scheduleMining();
  }

  /** Dumps and ends it. */
  async stop(): Promise<void> {
    const anvil = this.#process;
    this.#cancelDump?.();
    this.#cancelMining?.();
    if (anvil === undefined) return;
    await this.#dumpQuietly();
    this.#process = undefined;
    await anvil.end(END_MS);
    await removePidFile(this.#pidFile);
  }

  /** Called when the chain ends without having been stopped. */
  onExit(listener: (exit: Exit) => void): () => void {
    this.#exitListeners.add(listener);
    return () => this.#exitListeners.delete(listener);
  }

  /** Mines a block at each end of an epoch, and more at other edges, so that time goes on while nobody sends anything. */
  keepTime(epochs: Epochs): void {
    this.#epochs = epochs;
    this.#cancelMining?.();
    this.#scheduleMining();
  }

  /**
   * The time of a block that is mined now, in seconds. It can be behind the clock of this machine: the chain counts from its
   * start, rounded down.
   */
  async blockTime(): Promise<number> {
    const block = (await this.#call("eth_getBlockByNumber", ["pending", false])) as { readonly timestamp: string };
    return Number(block.timestamp);
  }

  /** One block, at once. */
  async mine(): Promise<void> {
    await this.#call("evm_mine");
  }

  /** Puts the whole chain on disk if it has a block that is not there yet. */
  async dump(): Promise<void> {
    const mine = this.#dumping.then(() => this.#dump());
    this.#dumping = mine.catch(() => undefined);
    await mine;
  }

  get #pidFile(): string {
    return join(this.#options.folder, "anvil.pid");
  }

  #call(method: string, params: readonly unknown[] = []): Promise<unknown> {
    return jsonRpc(this.rpcUrl, method, { params });
  }

  /** A chain that lost its supervisor still knows what happened after the last dump. */
  async #takeOver(title: string): Promise<void> {
    const leftover = await findLeftover(this.#pidFile, title);
    if (leftover === undefined) return;
    this.#deps.log.warn("ending a chain that was left running", { pid: leftover.pid });
    try {
      await this.#save(leftover.url);
    } catch (error) {
      this.#deps.log.warn("a chain that was left running could not be dumped", { pid: leftover.pid }, error);
    }
    await endLeftover(leftover);
    await removePidFile(this.#pidFile);
  }

  async #load(url: string): Promise<void> {
    const { log } = this.#deps;
    const found = await this.#files.read();
    const lost: string[] = [];
    for (const { file, state, damage } of found) {
      try {
        if (state === undefined) throw new Error(damage);
        await jsonRpc(url, "anvil_loadState", { params: [state.state], timeoutMs: 60_000 });
        const block = await readBlock(url, `0x${state.block.toString(16)}`);
        if (block?.hash !== state.hash)
          throw damaged(file, { reason: `block ${state.block} is another one after loading` });
        this.#dumped = (await readBlock(url, "latest"))?.hash;
        for (const bad of lost)
          log.warn("the dump before was loaded", { damaged: await this.#files.setAside(bad), file });
        log.info("chain loaded", { block: state.block, file });
        return;
      } catch (error) {
        log.warn("a dump of the chain is damaged", { file }, error);
        lost.push(file);
      }
    }
    const [file] = lost;
    if (file !== undefined) throw damaged(file, { reason: "no dump of the chain is whole" });
    this.#dumped = undefined;
  }

  async #dump(): Promise<void> {
    const url = this.rpcUrl;
    const { hash } = await head(url);
    if (hash === this.#dumped) return;
    this.#dumped = await this.#save(url);
  }

  async #save(url: string): Promise<Hex> {
    // The block is read before, so that the dump holds it whatever is mined in between.
    const { number, hash } = await head(url);
    const state = (await jsonRpc(url, "anvil_dumpState", { timeoutMs: 60_000 })) as Hex;
    await this.#files.write({ schema: "cortensor.chain/1", block: number, hash, state });
    return hash;
  }

  async #dumpQuietly(): Promise<void> {
    try {
      await this.dump();
      this.#dumpFailed = false;
    } catch (error) {
      // The end of the process is reported by itself.
      if (!this.#dumpFailed && this.#process !== undefined)
        this.#deps.log.error("the chain could not be dumped", {}, error);
      this.#dumpFailed = true;
    }
  }

  #scheduleDump(delayMs: number): void {
    this.#cancelDump = this.#deps.clock.after(delayMs, () => {
      const begin = performance.now();
      void this.#dumpQuietly().then(() => {
        if (this.#process === undefined) return;
        this.#scheduleDump(Math.max(DUMP_EVERY_MS, (performance.now() - begin) / DUMP_SHARE));
      });
    });
  }

  #scheduleMining(): void {
    const epochs = this.#epochs;
    if (epochs === undefined || this.#process === undefined) return;
    const { clock, log } = this.#deps;
    const { waitMs, blocks } = nextEdge(epochs, clock.now());
    this.#cancelMining = clock.after(waitMs + AFTER_BOUNDARY_MS, () => {
      this.#mineSeveral(blocks)
        .catch((error: unknown) => log.warn("no block at the edge of a phase", {}, error))
        .finally(() => this.#scheduleMining());
    });
  }

  async #mineSeveral(blocks: number): Promise<void> {
    for (let mined = 0; mined < blocks; mined += 1) await this.mine();
  }

  #exited(anvil: AnvilProcess, exit: Exit): void {
    if (this.#process !== anvil) return;
    this.#process = undefined;
    this.#cancelDump?.();
    this.#cancelMining?.();
    this.#deps.log.error("the embedded chain ended", { ...exit });
    for (const listener of this.#exitListeners) listener(exit);
  }
}

function nextEdge({ epochSeconds, genesis, edges = [] }: Epochs, nowMs: number): { waitMs: number; blocks: number } {
  const lengthMs = epochSeconds * 1000;
  const all = [{ afterSeconds: 0, blocks: 1 }, ...edges].map(({ afterSeconds, blocks }) => {
    const sinceMs = nowMs - (genesis + afterSeconds) * 1000;
    return { waitMs: lengthMs - (((sinceMs % lengthMs) + lengthMs) % lengthMs), blocks };
  });
  return all.reduce((first, edge) => (edge.waitMs < first.waitMs ? edge : first));
}
