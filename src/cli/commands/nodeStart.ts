import { statusReader } from "../../fleet/status/collectStatus.ts";
import type { NodeDeps, NodeOptions, RunningNode } from "../../node/nodeContext.ts";
import { DETACHED_MARK, runNode, untilAborted } from "../../node/runNode.ts";
import { canOpenDashboard } from "../../tui/canOpenDashboard.ts";
import { openDashboard } from "../../tui/openDashboard.ts";
import type { Context } from "../context.ts";
import { startedRecord } from "./nodeStarted.ts";
import { leaveBehind } from "./nodeStartDetached.ts";
import { nodeOptions, type StartInput, whenNothingRuns } from "./nodeStartOptions.ts";

export interface StartWish {
  readonly role: "router" | "miner" | "validator";
  readonly input: StartInput;
  readonly start: (options: NodeOptions, deps: NodeDeps & { requestStop(): void }) => Promise<RunningNode>;
}

/** Runs one node until it is stopped, or leaves it in the background. */
export async function startNode(ctx: Context, { role, input, start }: StartWish): Promise<number> {
  // A process that was started by another is watched by it, and shows nothing itself.
  const watched = process.connected;
  if (input.detach && !(watched && process.env[DETACHED_MARK] === "1")) return await leaveBehind(ctx, { role, input });
  await runNode({
    signal: ctx.signal,
    step: (name, work, result) => ctx.step({ name, work, result, always: true }),
    start: async (deps) => {
      const options = await nodeOptions(ctx, { role, input });
      return await start(options, { ...deps, clock: ctx.clock }).catch(whenNothingRuns(options.preset.name));
    },
    async serve(node, stopped) {
      const tui = input.tui && !watched && !ctx.global.json && canOpenDashboard(ctx);
      await (tui ? dashboard(ctx, { node, stopped }) : lines(ctx, { node, stopped }));
      sayDraining(ctx, node);
    },
  });
  ctx.note(` ${input.name} stopped.`);
  return 0;
}

interface Serving {
  readonly node: RunningNode;
  readonly stopped: AbortSignal;
}

async function lines(ctx: Context, { node, stopped }: Serving): Promise<void> {
  const { ready } = node;
  ctx.result(startedRecord(ready), () =>
    ctx.out(`${ready.name} serves ${ready.url === undefined ? (ready.models ?? []).join(", ") : `at ${ready.url}`}`),
  );
  ctx.note(` Stop: Ctrl-C, or cortensor ${ready.role} stop ${ready.name}`);
  await untilAborted(stopped);
}

async function dashboard(ctx: Context, { node, stopped }: Serving): Promise<void> {
  const { name } = node.ready;
  const { ascii, color } = ctx.look;
  await openDashboard({
    ...ctx,
    signal: stopped,
    read: statusReader({ home: ctx.home, clock: ctx.clock }),
    intervalMs: 1000,
    ascii,
    color,
    node: name,
    quitChoices: { question: `Stop ${name}?`, choices: [{ key: "s", word: "stop", choose: () => {} }] },
  });
}

function sayDraining(ctx: Context, node: RunningNode): void {
  const { busy } = node.facts().slots;
  if (busy === 0) return;
  const tasks = busy === 1 ? "1 task" : `${busy} tasks`;
  ctx.note(` Draining ${tasks}, up to ${Math.ceil(node.drainMs / 1000)} s. Ctrl-C again stops now.`);
}
