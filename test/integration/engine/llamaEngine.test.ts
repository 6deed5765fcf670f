import { engineSuite } from "../../support/engineSuite.ts";
import { LlamaEngine } from "../../../src/engine/llama/llamaEngine.ts";
import { createSilentLog } from "../../../src/observability/log.ts";

engineSuite("llama engine", (options) => new LlamaEngine({ ...options, threads: 1 }, { log: createSilentLog() }));
