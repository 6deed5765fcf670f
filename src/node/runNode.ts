import { failedMessage, tellSupervisor } from "./ipc.ts";
import type { NodeDeps, RunningNode } from "./nodeContext.ts";

/** In the environment of a node that runs on when the process that started it has left. */
export const DETACHED_MARK = "CORTENSOR_DETACHED";

export interface RunOptions {
  readonly signal: AbortSignal;
  /** Shows a step on the terminal, when somebody looks on. */
  readonly step: NodeDeps["step"];
  start(deps: { readonly step: NodeDeps["step"]; requestStop(): void }): Promise<RunningNode>;
  /** What this process does while the node serves; the node is stopped when it resolves. */
  serve(node: RunningNode, stopped: AbortSignal): Promise<void>;
}

/**
 * The life of a node's process: start, tell whoever started it, serve until asked to stop, drain. Rejects with the error of
 * a start that failed, and with an abort when the signal ends the start, or comes again while it drains.
 */
export async function runNode(options: RunOptions): Promise<void> {
  const { signal } = options;
  const stopping = new AbortController();
  const stop = (): void => stopping.abort(new DOMException("stopped", "AbortError"));
  signal.addEventListener("abort", stop, { once: true });
  // Nobody is left who would stop a node that another process started, unless it was meant to be left alone.
  let leftAlone = false;
  process.on("disconnect", () => {
    if (!leftAlone) stop();
  });
  // Timers never hold the process open, and a miner without a line has nothing else that does.
  const alive = setInterval(() => {}, 60_000);
  let node: RunningNode | undefined;
  try {
    node = await options.start({ step: tellingSteps(options.step, stopping.signal), requestStop: stop });
    leftAlone = process.env[DETACHED_MARK] === "1";
    await tellSupervisor(node.ready);
    if (!stopping.signal.aborted) await options.serve(node, stopping.signal);
  } catch (error) {
    await tellSupervisor(failedMessage(error));
    throw error;
  } finally {
    if (node !== undefined) await drain(node, signal);
    clearInterval(alive);
  }
}

/** Resolves when the signal aborts. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** A signal that has not come yet means, when it comes now, that somebody is in a hurry. */
async function drain(node: RunningNode, signal: AbortSignal): Promise<void> {
  const hurry = signal.aborted ? [] : [untilAborted(signal).then(() => signal.throwIfAborted())];
  await Promise.race([node.stop(), ...hurry]);
}

function tellingSteps(step: NodeDeps["step"], signal: AbortSignal): NodeDeps["step"] {
  return async (label, work, result) => {
    signal.throwIfAborted();
    const startedAt = performance.now();
    const value = await step(label, work, result);
    const tookMs = Math.round(performance.now() - startedAt);
    await tellSupervisor({ type: "step", label, result: result(value), tookMs });
    return value;
  };
}
