import type { Llama, LlamaContext, LlamaModel, Token } from "node-llama-cpp";
import { CortensorError } from "../../errors/cortensorError.ts";
import type { Log } from "../../observability/log.ts";
import { checkIds, checkReplay, chosen, contextLeft, engineStopped } from "../generation.ts";
import type { Candidate, Engine, GeneratedToken, GenerateInput, ModelInfo, ReplayInput } from "../interface.ts";
import { demoModelFile, type HashedModel, hashModelFile } from "../modelFile.ts";
import { SlotQueue } from "../slotQueue.ts";
import { tuneThreads } from "../tune.ts";
import { damaged } from "./damaged.ts";
import { describe } from "./describe.ts";
import { importLibrary, type Library, openLlama } from "./library.ts";
import { measureThreads } from "./measure.ts";
import { checkMemory, contextBytes, outOfMemory } from "./memory.ts";
import { Slot } from "./slot.ts";

export interface LlamaEngineOptions {
  /** GGUF file; the demonstration model if not given. */
  readonly modelFile?: string | undefined;
  /** 0 or nothing: measured once per model and machine. */
  readonly threads?: number | undefined;
  /** 4 if not given. */
  readonly slots?: number | undefined;
  /** 0 or nothing: what the model was made for, at most 4096. */
  readonly contextTokens?: number | undefined;
  /** True if not given. Miners and verifiers have it on; off is a machine of another kind, for measurements of noise. */
  readonly flashAttention?: boolean | undefined;
  /** Where hashes and measured thread counts are remembered. */
  readonly folder?: string | undefined;
}

export interface LlamaEngineDeps {
  readonly log: Log;
  /** node-llama-cpp. */
  readonly library?: () => Promise<Library>;
  /** Free main memory. */
  readonly freeBytes?: () => number;
}

interface Loaded {
  readonly model: LlamaModel;
  readonly info: ModelInfo;
  readonly slots: readonly Slot[];
}

/** The library's disposal has been seen to hang after failed loads; the process goes on without it. */
const DISPOSE_MS = 2000;

/** A GGUF model in this process, by llama.cpp. */
export class LlamaEngine implements Engine {
  readonly slots: number;
  readonly #options: LlamaEngineOptions;
  readonly #log: Log;
  readonly #library: () => Promise<Library>;
  readonly #freeBytes: () => number;
  readonly #queue: SlotQueue;
  readonly #stop = new AbortController();
  readonly #disposables: { dispose(): Promise<void> }[] = [];
  #loaded: Loaded | undefined;

  constructor(options: LlamaEngineOptions, deps: LlamaEngineDeps) {
    this.#options = options;
    this.slots = options.slots ?? 4;
    this.#queue = new SlotQueue(this.slots);
    this.#log = deps.log;
    this.#library = deps.library ?? importLibrary;
    this.#freeBytes = deps.freeBytes ?? (() => process.availableMemory());
  }

  get model(): ModelInfo {
    return this.#ready.info;
  }

  async start(signal?: AbortSignal): Promise<void> {
    const startedMs = performance.now();
    try {
      this.#loaded = await this.#load(signal);
    } catch (error) {
      await this.stop();
      throw error;
    }
    const { name, contextTokens } = this.#loaded.info;
    this.#log.info("model loaded", {
      name,
      contextTokens,
      slots: this.slots,
      ms: Math.round(performance.now() - startedMs),
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort(engineStopped());
    this.#queue.close();
    // Disposing a context ends its pending calls, so nothing has to be waited for.
    const disposal = (async () => {
      for (const each of this.#disposables.splice(0).toReversed()) await each.dispose();
    })();
    const timer = Promise.withResolvers<"late">();
    const timeout = setTimeout(() => timer.resolve("late"), DISPOSE_MS);
    const result = await Promise.race([disposal, timer.promise]).finally(() => clearTimeout(timeout));
    if (result === "late") this.#log.warn("llama.cpp did not let go of the model in time");
  }

  tokenize(text: string, control: boolean): number[] {
    return this.#ready.model.tokenize(text, control);
  }

  detokenize(ids: readonly number[]): string {
    const { info, model } = this.#ready;
    // What another miner began is told by a router.
    checkIds(ids, info);
    return model.detokenize(ids as readonly Token[], false);
  }

  async *generate(input: GenerateInput, signal: AbortSignal): AsyncGenerator<GeneratedToken, void, void> {
    const { info, slots } = this.#ready;
    const most = Math.min(contextLeft(input, info), input.maxTokens);
    checkIds(input.ids, info);
    const either = AbortSignal.any([signal, this.#stop.signal]);
    const slot = await this.#takeSlot(input.ids, either);
    try {
      const steps = slots[slot]?.candidates(input.ids, either);
      if (steps !== undefined && most > 0) yield* this.#answer({ input, most, steps });
    } finally {
      this.#queue.release(slot);
    }
  }

  async *replay(input: ReplayInput, signal: AbortSignal): AsyncGenerator<readonly Candidate[], void, void> {
    const { info, slots } = this.#ready;
    checkReplay(input, info);
    if (input.forced.length === 0) return;
    const either = AbortSignal.any([signal, this.#stop.signal]);
    const slot = await this.#takeSlot(input.ids, either);
    try {
      const { ids, forced } = input;
      yield* slots[slot]?.replay({ ids, forced, vocabularySize: info.vocabularySize }, either) ?? [];
    } finally {
      this.#queue.release(slot);
    }
  }

  /** Of several free slots, the one that holds most of the prompt. */
  #takeSlot(ids: readonly number[], signal: AbortSignal): Promise<number> {
    const { slots } = this.#ready;
    const held = (slot: number): number => slots[slot]?.reusable(ids) ?? 0;
    return this.#queue.take(signal, (free) => free.reduce((best, each) => (held(each) > held(best) ? each : best)));
  }

  async *#answer(task: {
    input: GenerateInput;
    most: number;
    steps: AsyncGenerator<readonly Candidate[], void, number>;
  }): AsyncGenerator<GeneratedToken, void, void> {
    const { model } = this.#ready;
    try {
      let step = await task.steps.next();
      for (let count = 1; step.done !== true; count += 1) {
        const token = chosen(task.input, step.value);
        const end = model.isEogToken(token.id as Token);
        yield { ...token, end };
        if (end || count >= task.most) return;
        step = await task.steps.next(token.id);
      }
    } finally {
      await task.steps.return();
    }
  }

  get #ready(): Loaded {
    if (this.#loaded === undefined) throw new CortensorError("internal", "The engine has not been started.");
    return this.#loaded;
  }

  async #load(signal: AbortSignal | undefined): Promise<Loaded> {
    const file = this.#options.modelFile ?? demoModelFile();
    const hashed = await hashModelFile(file, { folder: this.#options.folder, signal });
    const llama = await openLlama(this.#library, this.#log);
    signal?.throwIfAborted();
    const model = await this.#loadModel(llama, hashed, signal);
    const info = describe(model, hashed, this.#options.contextTokens ?? 0);
    const threads = await this.#threads(model, info, signal);
    const context = await this.#createContext(model, info, threads);
    signal?.throwIfAborted();
    return { model, info, slots: Array.from({ length: this.slots }, () => new Slot(context.getSequence())) };
  }

  async #loadModel(llama: Llama, hashed: HashedModel, signal: AbortSignal | undefined): Promise<LlamaModel> {
    const [file = ""] = hashed.files;
    try {
      // Its own check of memory keeps reserves that ours, below, does not need.
      const model = await llama.loadModel({
        modelPath: file,
        ignoreMemorySafetyChecks: true,
        ...(signal === undefined ? {} : { loadSignal: signal }),
      });
      this.#disposables.push(model);
      return model;
    } catch (cause) {
      signal?.throwIfAborted();
      throw await damaged(hashed, cause);
    }
  }

  async #threads(model: LlamaModel, info: ModelInfo, signal: AbortSignal | undefined): Promise<number> {
    if (this.#options.threads !== undefined && this.#options.threads > 0) return this.#options.threads;
    const options = { modelId: info.modelId, folder: this.#options.folder, signal };
    const tuned = await tuneThreads(options, (threads, best) => measureThreads(model, { threads, best }));
    this.#log.info("threads chosen", { ...tuned });
    return tuned.threads;
  }

  async #createContext(model: LlamaModel, info: ModelInfo, threads: number): Promise<LlamaContext> {
    const need = {
      name: info.name,
      modelBytes: model.memoryUsage.ram,
      slots: this.slots,
      contextTokens: info.contextTokens,
    };
    const contextsBytes = await contextBytes(model, need);
    checkMemory(need, contextsBytes, this.#freeBytes());
    try {
      const context = await model.createContext({
        sequences: this.slots,
        contextSize: info.contextTokens,
        flashAttention: this.#options.flashAttention ?? true,
        threads,
        ignoreMemorySafetyChecks: true,
        failedCreationRemedy: false,
      });
      this.#disposables.push(context);
      return context;
    } catch (cause) {
      throw outOfMemory(need, { contextsBytes, freeBytes: this.#freeBytes(), cause });
    }
  }
}
