import { createEngine } from "../engine/index.ts";
import type { Engine } from "../engine/interface.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import { findModel } from "../replay/findModel.ts";
import type { Hex, Startable } from "../util/types.ts";
import type { Ground } from "./nodeContext.ts";

/** A model that was not here is looked for again after so long: hashing files takes its time. */
const LOOK_AGAIN_MS = 10 * 60_000;

/** The models that a validator replays with: loaded when one is first needed, one at a time. For one caller at a time. */
export class ReplayModels implements Startable {
  readonly #ground: Ground;
  readonly #absent = new Map<Hex, number>();
  readonly #stop = new AbortController();
  #loaded: Engine | undefined;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loaded?.stop();
  }

  /** A started engine, undefined when this machine does not have the model. Throws as `Engine.start` does. */
  async engineFor(modelId: Hex): Promise<Engine | undefined> {
    const { clock, log } = this.#ground;
    if (this.#loaded?.model.modelId === modelId) return this.#loaded;
    const since = this.#absent.get(modelId);
    if (since !== undefined && clock.now() - since < LOOK_AGAIN_MS) return undefined;
    const found = await this.#open(modelId);
    if (found === undefined) {
      this.#absent.set(modelId, clock.now());
      log.info("a model is not on this machine, so its answers are not replayed here", { model: modelId });
      return undefined;
    }
    const before = this.#loaded;
    this.#loaded = found;
    await before?.stop();
    return found;
  }

  async #open(modelId: Hex): Promise<Engine | undefined> {
    const { options, log, clock } = this.#ground;
    const { engine: settings } = options.settings;
    const folder = options.home.modelsFolder;
    const { signal } = this.#stop;
    const kind = settings.engine as "llama" | "scripted";
    const search = {
      modelId,
      name: modelId,
      folder,
      more: settings.model === undefined ? [] : [settings.model],
      signal,
    };
    const modelFile = kind === "scripted" ? undefined : await findModel(search).catch(unlessMissing);
    if (kind === "llama" && modelFile === undefined) return undefined;
    const { threads, contextTokens, script } = settings;
    const engine = createEngine(
      { kind, modelFile, threads, slots: 1, contextTokens, folder, script },
      { log: log.child({ part: "engine" }), clock },
    );
    await engine.start(signal);
    if (engine.model.modelId === modelId && !signal.aborted) return engine;
    await engine.stop();
    signal.throwIfAborted();
    return undefined;
  }
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof CortensorError && error.code === "model-missing") return undefined;
  throw error;
}
