import type { Log } from "../observability/log.ts";
import type { Clock } from "../util/types.ts";
import type { Engine } from "./interface.ts";
import { LlamaEngine, type LlamaEngineOptions } from "./llama/llamaEngine.ts";
import { parseScript } from "./scripted/script.ts";
import { ScriptedEngine } from "./scripted/scriptedEngine.ts";

export interface CreateEngineOptions extends LlamaEngineOptions {
  readonly kind: "llama" | "scripted";
  /** Of the scripted engine, as on the command line: `rate=200,length=64,stall@20`. */
  readonly script?: string | undefined;
}

export interface CreateEngineDeps {
  readonly log: Log;
  readonly clock?: Clock;
}

/** An engine that is not started yet. */
export function createEngine(options: CreateEngineOptions, deps: CreateEngineDeps): Engine {
  if (options.kind === "llama") return new LlamaEngine(options, deps);
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
