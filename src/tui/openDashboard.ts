import { systemClock } from "../util/clock.ts";
import type { DashboardOptions } from "./dashboardOptions.ts";
import { drawsNarrow } from "./drawsNarrow.ts";
import { Feed } from "./feed.ts";

/**
 * Draws the dashboard on a terminal until the reader leaves: `quit` after `q`, `interrupted` after Ctrl-C or the signal. The
 * terminal is then as it was before. Check `canOpenDashboard` first.
 */
export async function openDashboard(options: DashboardOptions): Promise<"quit" | "interrupted"> {
  if (options.signal.aborted) return "interrupted";
  // React and chalk decide when they are loaded: the development build of React takes twice the processor's time.
  process.env.NODE_ENV ??= "production";
  if (!options.color) process.env.FORCE_COLOR = "0";
  const { stdin, stdout } = options;
  const [{ mountDashboard }, narrow] = await Promise.all([
    import("./mountDashboard.tsx"),
    options.ascii ? false : drawsNarrow({ stdin, stdout }),
  ]);
  const feed = new Feed(
    { read: options.read, intervalMs: Math.max(100, options.intervalMs) },
    { clock: options.clock ?? systemClock },
  );
  void feed.start();
  try {
    return await mountDashboard({ ...options, ascii: options.ascii || !narrow }, feed);
  } finally {
    await feed.stop();
  }
}
