import { CortensorError } from "../../errors/cortensorError.ts";
import { fleetOf } from "../../fleet/fleetSpec.ts";
import { statusReader } from "../../fleet/status/collectStatus.ts";
import { superviseUp } from "../../fleet/superviseUp.ts";
import { type Launched, launchUp, SUPERVISOR_MARK } from "../../fleet/upChannel.ts";
import { privateFolder } from "../../node/home.ts";
import { canOpenDashboard } from "../../tui/canOpenDashboard.ts";
import { openDashboard } from "../../tui/openDashboard.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { duration } from "../output/duration.ts";
import { firstAnswer, firstMinute } from "../up/firstAnswer.ts";
import { minerEnv, networkFlags, supervisorArgs } from "./upFlags.ts";

export const up = defineCommand({
  about: "Everything is real: an embedded chain, peer-to-peer lines and a model. Only this network's COR has no value.",
  sections: [
    { title: "Network", flags: networkFlags },
    {
      title: "This command",
      flags: {
        ask: { type: "string", default: undefined, value: "PROMPT", describe: "ask this when it is up" },
        once: { type: "boolean", default: false, describe: "stop everything after the answer" },
        detach: { type: "boolean", default: false, short: "d", describe: "leave it running in the background" },
        tui: { type: "boolean", default: true, describe: "open the dashboard on a terminal" },
      },
    },
  ],
  examples: ["cortensor up", 'cortensor up --ask "What is a dog?" --once'],
  drains: true,
  run: (ctx, { options }) => runUp(ctx, options),
});

export interface UpOptions {
  readonly miners: number;
  readonly routers: number;
  readonly validators: number;
  readonly model: string | undefined;
  readonly engine: string;
  readonly script: string | undefined;
  readonly slots: number;
  readonly chaos: string | undefined;
  readonly epoch: number | undefined;
  readonly host: string;
  readonly port: number;
  readonly chainPort: number;
  readonly ask: string | undefined;
  readonly once: boolean;
  readonly detach: boolean;
  readonly tui: boolean;
}

/** The process on the terminal looks on while another supervises; this is the life of either. */
export async function runUp(ctx: Context, options: UpOptions): Promise<number> {
  await privateFolder(ctx.home.root);
  if (process.env[SUPERVISOR_MARK] === "1" && process.connected) {
    const { miners, routers, validators, port, host, epoch: epochSeconds } = options;
    const specs = fleetOf({ miners, routers, validators, port, host, minerEnv: minerEnv({ ...options }) });
    const chainPort = port === 0 ? 0 : options.chainPort;
    const { logLevel } = (await ctx.settings()).general;
    return await superviseUp(
      { home: ctx.home, specs, host, chainPort, epochSeconds, logLevel: logLevel as "info" },
      ctx,
    );
  }
  await announceChaos(ctx, options.chaos);
  const startedAt = ctx.clock.now();
  const launched = await launch(ctx, supervisorArgs({ ...options }, ["--home", ctx.home.root]));
  ctx.note(
    ctx.notes.style.muted(
      ` Up in ${duration(ctx.clock.now() - startedAt)}. Practice: everything is real, only this network's COR has no value.`,
    ),
  );
  try {
    if (options.ask !== undefined) await firstAnswer(ctx, launched.record, options.ask);
  } catch (error) {
    if (options.detach) launched.detach();
    else await launched.stop();
    throw error;
  }
  if (options.once) {
    await stop(ctx, launched);
    return 0;
  }
  if (options.detach) return background(ctx, launched);
  const asks = options.ask === undefined && options.miners > 0;
  return await stay(ctx, { launched, tui: options.tui, asks });
}

/** Refuses what cannot be understood before anything starts. */
async function announceChaos(ctx: Context, spec: string | undefined): Promise<void> {
  if (spec === undefined) return;
  const { parseChaos } = await import("../../p2p/chaos/chaosSpec.ts");
  parseChaos(spec);
  const { style, glyph } = ctx.notes;
  if (spec.trim() !== "") ctx.note(` ${style.warn(glyph.warn)} Chaos is on: miners fail on purpose (${spec}).`);
}

async function launch(ctx: Context, argv: readonly string[]): Promise<Launched> {
  const steps: Promise<unknown>[] = [];
  try {
    return await launchUp(
      {
        argv,
        onBegin: (name, ended) => {
          steps.push(ctx.step({ name, always: true, work: () => ended, result: (text) => text }).catch(() => {}));
        },
        onNotice: (text) => ctx.note(` ${ctx.notes.style.warn(ctx.notes.glyph.warn)} ${text}`),
      },
      ctx.signal,
    );
  } catch (error) {
    throw withOtherPort(error);
  } finally {
    await Promise.all(steps);
  }
}

/** A node that finds its port taken knows its own command; the one that was typed is `up`. */
function withOtherPort(error: unknown): unknown {
  if (!(error instanceof CortensorError) || error.code !== "port-in-use") return error;
  return new CortensorError(error.code, error.message, { ...error.details, try: "cortensor up --port 0" });
}

function background(ctx: Context, launched: Launched): number {
  launched.detach();
  const { network, home, router_url, api_key, nodes } = launched.record;
  ctx.result({ schema: "cortensor.up/1", network, home, router_url, api_key, nodes }, () => {
    ctx.out("Up in the background. Stop: cortensor down");
    ctx.out("");
    ctx.fields([
      ["OpenAI base URL", router_url],
      ["API key", `${api_key.slice(0, 6)}${ctx.look.glyph.cut} (whole: cortensor env)`],
    ]);
  });
  return 0;
}

/** Shows the network until somebody ends it: the dashboard on a terminal, else silence. */
async function stay(
  ctx: Context,
  { launched, tui, asks }: { launched: Launched; tui: boolean; asks: boolean },
): Promise<number> {
  const draws = tui && !ctx.global.json && canOpenDashboard(ctx);
  if (draws && asks && ctx.canAsk && !(await askedFirst(ctx, launched))) {
    await stop(ctx, launched);
    return 0;
  }
  const chosen = draws ? await dashboard(ctx) : await untilStopped(ctx, launched);
  if (chosen === "background") {
    launched.detach();
    ctx.out(
      `Running: ${launched.record.router_url}, ${launched.record.nodes.length} nodes. Look: cortensor status. Stop: cortensor down`,
    );
  } else await stop(ctx, launched);
  return 0;
}

/** False when the reader left instead of asking. */
async function askedFirst(ctx: Context, { record }: Launched): Promise<boolean> {
  try {
    await firstMinute(ctx, record);
    return true;
  } catch (error) {
    if (ctx.signal.aborted || (error instanceof CortensorError && error.code === "interrupted")) return false;
    throw error;
  }
}

async function dashboard(ctx: Context): Promise<"stop" | "background"> {
  let chosen: "stop" | "background" = "stop";
  const { ascii, color } = ctx.look;
  await openDashboard({
    ...ctx,
    read: statusReader({ home: ctx.home, clock: ctx.clock }),
    intervalMs: 1000,
    ascii,
    color,
    quitChoices: {
      question: "Stop the practice network?",
      choices: [
        { key: "s", word: "stop", choose: () => (chosen = "stop") },
        { key: "b", word: "run on in the background", choose: () => (chosen = "background") },
      ],
    },
  });
  return chosen;
}

async function untilStopped(ctx: Context, { record, ended }: Launched): Promise<"stop"> {
  ctx.note(` ${record.router_url}  Stop: Ctrl-C, or cortensor down`);
  const asked = new Promise<void>((resolve) => ctx.signal.addEventListener("abort", () => resolve(), { once: true }));
  await Promise.race([ended, asked]);
  return "stop";
}

async function stop(ctx: Context, launched: Launched): Promise<void> {
  await ctx.step({ name: "stop", work: () => launched.stop(), result: () => "everything stopped, nothing lost" });
}
