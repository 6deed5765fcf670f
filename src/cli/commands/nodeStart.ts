import { spawn } from "node:child_process";
import { PresetFolder } from "../../config/index.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { statusReader } from "../../fleet/status/collectStatus.ts";
import { errorOf, type NodeMessage, type ReadyMessage } from "../../node/ipc.ts";
import { mainFile } from "../../node/mainFile.ts";
import type { NodeDeps, NodeOptions, RunningNode } from "../../node/nodeContext.ts";
import { DETACHED_MARK, runNode, untilAborted } from "../../node/runNode.ts";
import { canOpenDashboard } from "../../tui/canOpenDashboard.ts";
import { openDashboard } from "../../tui/openDashboard.ts";
import type { Address } from "../../util/types.ts";
import type { Context } from "../context.ts";
import type { Flags } from "../flag.ts";
import { passwordFlags } from "../password.ts";
import { version } from "../version.ts";

/** The options that every role's `start` has. */
export const startFlags = {
  owner: {
    type: "string",
    default: undefined,
    value: "ADDRESS",
    describe: "owner whose key lives elsewhere; it registers the node",
  },
  detach: { type: "boolean", default: false, short: "d", describe: "leave it running in the background" },
  tui: { type: "boolean", default: true, describe: "open the dashboard on a terminal" },
  ...passwordFlags,
} as const satisfies Flags;

export interface StartInput {
  readonly name: string;
  readonly owner: string | undefined;
  readonly detach: boolean;
  readonly tui: boolean;
  readonly passwordFile: string | undefined;
  readonly passwordFd: number | undefined;
}

type Start = (options: NodeOptions, deps: Pick<NodeDeps, "step"> & { requestStop(): void }) => Promise<RunningNode>;

/** Runs one node until it is stopped, or leaves it in the background. */
export async function startNode(
  ctx: Context,
  { role, input, start }: { role: "router" | "miner"; input: StartInput; start: Start },
): Promise<number> {
  if (input.detach && process.env[DETACHED_MARK] !== "1") return await leaveBehind(ctx, role);
  const settings = await ctx.settings();
  const preset = await new PresetFolder(ctx.home.networksFolder).read(settings.general.network);
  const options: NodeOptions = {
    home: ctx.home,
    name: input.name,
    role,
    preset,
    settings,
    software: `cortensor/${version()}`,
    consent: ctx.global.yes,
    ...(input.owner !== undefined && { ownerAddress: ownerAddress(input.owner) }),
    ownerPassword: (isNew) => ctx.password("the owner wallet", { ...input, isNew }),
  };
  await runNode({
    signal: ctx.signal,
    step: (name, work, result) => ctx.step({ name, work, result, always: true }),
    start: (deps) => start(options, deps),
    serve: (node, stopped) => serve(ctx, { node, stopped, tui: input.tui && !input.detach }),
  });
  return 0;
}

async function serve(
  ctx: Context,
  { node, stopped, tui }: { node: RunningNode; stopped: AbortSignal; tui: boolean },
): Promise<void> {
  if (tui && !ctx.global.json && !process.connected && canOpenDashboard(ctx)) {
    const { ascii, color } = ctx.look;
    const read = statusReader({ home: ctx.home, clock: ctx.clock });
    await openDashboard({ ...ctx, signal: stopped, read, intervalMs: 1000, ascii, color, node: node.ready.name });
  } else {
    ctx.note(` ${node.ready.name} serves${node.ready.url === undefined ? "" : ` at ${node.ready.url}`}. Stop: Ctrl-C`);
    await untilAborted(stopped);
  }
  ctx.note(" Draining what runs. Ctrl-C again stops now.");
}

/** Starts the same command once more in a process of its own and leaves when it serves. */
async function leaveBehind(ctx: Context, role: string): Promise<number> {
  const env = { ...process.env, [DETACHED_MARK]: "1" };
  const child = spawn(process.execPath, [mainFile(), ...process.argv.slice(2)], {
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    env,
  });
  const ready = await ctx.step({
    name: role,
    always: true,
    work: () => untilReady(child, ctx.signal),
    result: ({ name, url }) => url ?? name,
  });
  child.disconnect();
  child.unref();
  ctx.result({ schema: "cortensor.started/1", ...ready }, () =>
    ctx.out(`${ready.name} runs in the background. Stop: cortensor ${role} stop ${ready.name}`),
  );
  return 0;
}

function untilReady(child: ReturnType<typeof spawn>, signal: AbortSignal): Promise<ReadyMessage> {
  signal.addEventListener("abort", () => child.kill("SIGTERM"), { once: true });
  return new Promise((resolve, reject) => {
    child.on("message", (message: NodeMessage) => {
      if (message.type === "ready") resolve(message);
      if (message.type === "failed") reject(errorOf(message));
    });
    child.once("error", reject);
    child.once("exit", (code) =>
      reject(
        new CortensorError("start-failed", `the node ended with code ${code ?? 1} before it served`, {
          try: "cortensor logs",
        }),
      ),
    );
  });
}

function ownerAddress(text: string): Address {
  if (/^0x[0-9a-fA-F]{40}$/.test(text)) return text.toLowerCase() as Address;
  throw new CortensorError("option-value", `--owner takes an address of 40 hexadecimal digits, not ${text}`, {
    data: { option: "owner", value: text },
  });
}
