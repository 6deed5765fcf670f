import { type ChildProcess, spawn } from "node:child_process";
import { CortensorError } from "../../errors/cortensorError.ts";
import { errorOf, type NodeMessage, type ReadyMessage } from "../../node/ipc.ts";
import { mainFile } from "../../node/mainFile.ts";
import { DETACHED_MARK } from "../../node/runNode.ts";
import type { Context } from "../context.ts";
import { startedRecord } from "./nodeStarted.ts";
import { type NodeWish, ownerPassword, presetOf } from "./nodeStartOptions.ts";

/** A node that is told to end during its start has this long. */
const PATIENCE_MS = 5000;

/** Starts the same command once more in a process of its own, and leaves when it serves. */
export async function leaveBehind(ctx: Context, { role, input }: NodeWish): Promise<number> {
  const preset = await presetOf(ctx, await ctx.settings());
  const password = await ownerPassword(ctx, { input, preset });
  const child = spawn(process.execPath, [mainFile(), ...childArgs(password)], {
    detached: true,
    stdio: [password === undefined ? "ignore" : "pipe", "ignore", "ignore", "ipc"],
    env: { ...process.env, [DETACHED_MARK]: "1" },
  });
  child.stdin?.end(password);
  const ready = await ctx
    .step({
      name: role,
      always: true,
      work: (say) => untilReady(child, { name: input.name, signal: ctx.signal, say }),
      result: ({ url, models }) => url ?? (models ?? []).join(", "),
    })
    .catch(async (error: unknown) => {
      await ended(child, ctx);
      throw error;
    });
  child.disconnect();
  child.unref();
  ctx.result(startedRecord(ready), () =>
    ctx.out(`${ready.name} runs in the background. Stop: cortensor ${role} stop ${ready.name}`),
  );
  return 0;
}

/** The child cannot ask; a password that was asked here reaches it through its stdin. */
function childArgs(password: string | undefined): readonly string[] {
  const argv = process.argv.slice(2);
  const end = argv.indexOf("--");
  const words = end === -1 ? argv : argv.slice(0, end);
  return [...words, "--no-input", ...(password === undefined ? [] : ["--password-fd", "0"])];
}

interface Waiting {
  readonly name: string;
  readonly signal: AbortSignal;
  /** Shows what was done last. */
  readonly say: (text: string) => void;
}

function untilReady(child: ChildProcess, { name, signal, say }: Waiting): Promise<ReadyMessage> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    child.on("message", (message: NodeMessage) => {
      if (message.type === "step") say(`${message.label}: ${message.result}`);
      if (message.type === "ready") resolve(message);
      if (message.type === "failed") reject(errorOf(message));
    });
    child.once("error", reject);
    child.once("exit", (code, killer) => {
      const how = killer === null ? `ended with code ${code ?? 1}` : `was ended by ${killer}`;
      reject(new CortensorError("start-failed", `${name} ${how} before it served`, { try: `cortensor logs ${name}` }));
    });
  });
}

/** Nothing stays behind of a start that failed or was broken off. */
async function ended(child: ChildProcess, { clock }: Pick<Context, "clock">): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    const cancel = clock.after(PATIENCE_MS, () => child.kill("SIGKILL"));
    child.once("exit", () => {
      cancel();
      resolve();
    });
    child.kill("SIGTERM");
  });
}
