import type { LlamaEngine } from "../../src/engine/llama/llamaEngine.ts";
import { type OpenOptions, openModel, type TestModel } from "../support/models.ts";

/** Models of all kinds of machines; each is opened when it is first wanted. */
export class Machines {
  readonly #open = new Map<string, Promise<LlamaEngine>>();

  get(model: TestModel, options: OpenOptions = {}): Promise<LlamaEngine> {
    const key = JSON.stringify([model, options]);
    const opened = this.#open.get(key) ?? openModel(model, options);
    this.#open.set(key, opened);
    return opened;
  }

  async stop(): Promise<void> {
    for (const engine of this.#open.values()) await (await engine).stop();
    this.#open.clear();
  }
}
