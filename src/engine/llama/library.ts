import type { Llama } from "node-llama-cpp";
import { CortensorError } from "../../errors/cortensorError.ts";
import type { Log } from "../../observability/log.ts";

/** The parts of node-llama-cpp that are used as values. */
export type Library = Pick<typeof import("node-llama-cpp"), "getLlama" | "LlamaLogLevel">;

/** Loads the library only when a model is wanted: it takes a third of a second and may not be installed. */
export async function importLibrary(): Promise<Library> {
  return await import("node-llama-cpp");
}

/**
 * One instance for the whole process, which ends with it: a second one loses its logger to the end of the first and then
 * prints on the console, which would break the dashboard; and disposal can hang for good after failed loads.
 */
const opened = new WeakMap<() => Promise<Library>, Promise<Llama>>();

/**
 * The native library with the graphics processor it finds, else without one. Its messages go to the log of whoever
 * opened it last. Throws `engine-missing`.
 */
export async function openLlama(load: () => Promise<Library>, log: Log): Promise<Llama> {
  const opening = opened.get(load) ?? open(load);
  opened.set(load, opening);
  try {
    const llama = await opening;
    llama.logger = (level, message) => log.debug("llama.cpp", { level, text: message.trim() });
    return llama;
  } catch (error) {
    opened.delete(load);
    throw error;
  }
}

async function open(load: () => Promise<Library>): Promise<Llama> {
  let library: Library;
  try {
    library = await load();
  } catch (cause) {
    throw missing("node-llama-cpp is not installed.", cause);
  }
  try {
    return await library.getLlama({
      build: "never",
      gpu: "auto",
      // Without a limit of its own, the thread count of a context is what is asked for.
      maxThreads: 0,
      progressLogs: false,
      logLevel: library.LlamaLogLevel.warn,
      logger: () => undefined,
    });
  } catch (cause) {
    throw missing(`node-llama-cpp has no build that runs on ${process.platform} ${process.arch}.`, cause);
  }
}

function missing(sentence: string, cause: unknown): CortensorError {
  return new CortensorError("engine-missing", sentence, {
    why: [["seen", cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause)]],
    try: "npm install -g node-llama-cpp",
    cause,
  });
}
