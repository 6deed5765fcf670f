import { render } from "ink";
import { Dashboard } from "./Dashboard.tsx";
import type { Feed } from "./feed.ts";
import type { DashboardOptions } from "./dashboardOptions.ts";

const FRAMES_A_SECOND = 10;

/** Draws until the reader leaves; the terminal is as before when this resolves. */
export async function mountDashboard(options: DashboardOptions, feed: Feed): Promise<"quit" | "interrupted"> {
  const { stdin, stdout, signal, intervalMs, ascii, quitChoices, node } = options;
  let end: "quit" | "interrupted" = "interrupted";
  const leave = (how: typeof end): void => {
    end = how;
    app.unmount();
  };
  const interrupt = (): void => leave("interrupted");
  const app = render(
    <Dashboard
      feed={feed}
      intervalMs={intervalMs}
      ascii={ascii}
      quitChoices={quitChoices}
      node={node}
      onQuit={() => leave("quit")}
      onInterrupt={interrupt}
    />,
    {
      stdin,
      stdout,
      // Ink would draw nothing where CI is set, on a terminal too.
      interactive: true,
      alternateScreen: true,
      incrementalRendering: true,
      maxFps: FRAMES_A_SECOND,
      exitOnCtrlC: false,
      // What libraries print would tear the picture. Not every host has a console that can be replaced.
      patchConsole: typeof console.Console === "function",
      isScreenReaderEnabled: false,
    },
  );
  signal.addEventListener("abort", interrupt, { once: true });
  if (signal.aborted) interrupt();
  try {
    await app.waitUntilExit();
    return end;
  } finally {
    signal.removeEventListener("abort", interrupt);
    app.cleanup();
  }
}
