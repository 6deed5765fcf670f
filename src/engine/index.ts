import { CortensorError } from "../errors/cortensorError.ts";
import type { Clock } from "../util/types.ts";
import type { Engine } from "./interface.ts";
import { parseScript } from "./scripted/script.ts";
import { ScriptedEngine } from "./scripted/scriptedEngine.ts";

export interface CreateEngineOptions {
  readonly kind: "llama" | "scripted";
  /** GGUF file; the demonstration model if not given. */
  readonly modelFile?: string;
  /** 0 or nothing: measured once. */
  readonly threads?: number;
  readonly slots?: number;
  /** 0 or nothing: what the model was made for, at most 4096. */
  readonly contextTokens?: number;
  /** Of the scripted engine, as on the command line. */
  readonly script?: string;
}

/** The part of a log that engines use. */
export interface EngineLog {
  debug(message: string, values?: Readonly<Record<string, unknown>>): void;
  warn(message: string, values?: Readonly<Record<string, unknown>>, error?: unknown): void;
}

export interface CreateEngineDeps {
  readonly log: EngineLog;
  readonly clock?: Clock;
}

/** An engine that is not started yet. */
export function createEngine(options: CreateEngineOptions, deps: CreateEngineDeps): Engine {
  if (options.kind === "llama") throw new CortensorError("engine-missing", "node-llama-cpp is not installed.");
  const { slots, contextTokens } = options;
  return new ScriptedEngine(
    {
      ...parseScript(options.script ?? ""),
      ...(slots === undefined ? {} : { slots }),
      ...(contextTokens === undefined || contextTokens === 0 ? {} : { contextTokens }),
    },
    deps,
  );
}
