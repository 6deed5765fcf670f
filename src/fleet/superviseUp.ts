import { join } from "node:path";
import { failedMessage } from "../node/ipc.ts";
import { type Home, privateFolder } from "../node/home.ts";
import { mainFile } from "../node/mainFile.ts";
import { createLog, type LogLevel } from "../observability/log.ts";
import type { Clock } from "../util/types.ts";
import type { NodeSpec } from "./fleetSpec.ts";
import { Supervisor } from "./supervisor.ts";
import type { UpMessage, UpRequest } from "./upChannel.ts";

export interface SuperviseOptions {
  readonly home: Home;
  readonly specs: readonly NodeSpec[];
  readonly host: string;
  readonly chainPort: number;
  readonly epochSeconds: number | undefined;
  readonly logLevel: LogLevel;
}

/** The life of the supervising process: up, until somebody asks for the end. Resolves with the exit code. */
export async function superviseUp(
  options: SuperviseOptions,
  { signal, clock }: { readonly signal: AbortSignal; readonly clock: Clock },
): Promise<number> {
  const { home } = options;
  const stopped = new AbortController();
  const stop = (): void => stopped.abort(new DOMException("stopped", "AbortError"));
  let detached = false;
  signal.addEventListener("abort", stop, { once: true });
  process.on("message", (request: UpRequest) => {
    if (request === "detach") detached = true;
    else stop();
  });
  // Whoever looked on is gone without a word.
  process.on("disconnect", () => {
    if (!detached) stop();
  });
  const logFolder = await privateFolder(home.node("fleet").logFolder);
  const log = createLog({ level: options.logLevel, file: join(logFolder, "node.log") }).child({ node: "fleet" });
  const supervisor = new Supervisor(
    { ...options, main: mainFile() },
    { log, clock, step: tellStep, notice: (text) => tell({ type: "notice", text }), requestStop: stop },
  );
  // Timers of this process never hold it open, and its children may all be down at once.
  const alive = setInterval(() => {}, 60_000);
  try {
    tell({ type: "up", record: await supervisor.start(stopped.signal) });
    await new Promise<void>((resolve) => {
      if (stopped.signal.aborted) resolve();
      stopped.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    return 0;
  } catch (error) {
    if (stopped.signal.aborted) return 0;
    log.error("start failed", {}, error);
    await told(failedMessage(error) as UpMessage);
    return 3;
  } finally {
    await supervisor.stop();
    clearInterval(alive);
  }
}

async function tellStep<T>(label: string, work: () => Promise<T>, result: (value: T) => string): Promise<T> {
  tell({ type: "begin", label });
  const value = await work();
  tell({ type: "end", label, result: result(value) });
  return value;
}

function tell(message: UpMessage): void {
  if (process.connected) process.send?.(message);
}

/** Resolves when the message is on its way, so that a process about to end does not take it along. */
function told(message: UpMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected && process.send !== undefined) process.send(message, undefined, {}, () => resolve());
    else resolve();
  });
}
