import { type ChildProcess, spawn } from "node:child_process";
import { CortensorError } from "../errors/cortensorError.ts";
import { errorOf, type NodeMessage } from "../node/ipc.ts";
import { mainFile } from "../node/mainFile.ts";
import type { UpRecord } from "./supervisor.ts";

/** In the environment of the process that supervises; the one on the terminal only looks on. */
export const SUPERVISOR_MARK = "CORTENSOR_SUPERVISOR";

/** What the supervising process tells the one on the terminal. */
export type UpMessage =
  | { readonly type: "begin"; readonly label: string }
  | { readonly type: "end"; readonly label: string; readonly result: string }
  | { readonly type: "notice"; readonly text: string }
  | { readonly type: "up"; readonly record: UpRecord }
  | Extract<NodeMessage, { type: "failed" }>;

/** What the process on the terminal asks for. A broken channel means: the terminal is gone, stop. */
export type UpRequest = "stop" | "detach";

export interface LaunchOptions {
  /** The command line after the program's name, as it was typed. */
  readonly argv: readonly string[];
  readonly onBegin: (label: string, ended: Promise<string>) => void;
  readonly onNotice: (text: string) => void;
}

/** A practice network that runs in a process of its own. */
export interface Launched {
  readonly record: UpRecord;
  /** Resolves when the network has stopped. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
  /** Lets it run on without this process. */
  detach(): void;
}

/** Starts the supervising process and resolves when the network is up; throws the error that kept it from coming up. */
export async function launchUp(options: LaunchOptions, signal: AbortSignal): Promise<Launched> {
  const env = { ...process.env, [SUPERVISOR_MARK]: "1" };
  const child = spawn(process.execPath, [mainFile(), ...options.argv], {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    detached: true,
    env,
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async (): Promise<void> => {
    ask(child, "stop");
    await ended;
  };
  const onAbort = (): void => ask(child, "stop");
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const record = await untilUp(child, options);
    return { record, ended, stop, detach: () => letGo(child) };
  } catch (error) {
    await stop();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function untilUp(child: ChildProcess, { onBegin, onNotice }: LaunchOptions): Promise<UpRecord> {
  const steps = new Map<string, PromiseWithResolvers<string>>();
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      for (const step of steps.values()) step.reject(error);
      reject(error);
    };
    child.on("message", (message: UpMessage) => {
      if (message.type === "begin") {
        const step = Promise.withResolvers<string>();
        step.promise.catch(() => {});
        steps.set(message.label, step);
        onBegin(message.label, step.promise);
      }
      if (message.type === "end") {
        steps.get(message.label)?.resolve(message.result);
        steps.delete(message.label);
      }
      if (message.type === "notice") onNotice(message.text);
      if (message.type === "up") resolve(message.record);
      if (message.type === "failed") fail(errorOf(message));
    });
    child.once("error", fail);
    child.once("exit", (code) =>
      fail(
        new CortensorError("start-failed", `the supervisor ended with code ${code ?? 1}`, {
          try: "cortensor logs fleet",
        }),
      ),
    );
  });
}

function ask(child: ChildProcess, request: UpRequest): void {
  if (child.connected) child.send(request);
}

function letGo(child: ChildProcess): void {
  child.send("detach" satisfies UpRequest, () => {
    child.disconnect();
    child.unref();
  });
}
