import type { StatusSnapshot } from "../../observability/snapshot.ts";

/** What `--check` tells: one line, and an exit code for those who read no lines. */
export interface Verdict {
  /** 0 well, 4 unreachable, 5 not serving. */
  readonly exitCode: 0 | 4 | 5;
  readonly text: string;
}

const UNREACHABLE: ReadonlySet<string> = new Set(["not-running", "node-offline", "chain-unreachable"]);

/** Something that warns without keeping anybody from being served is well. */
export function statusCheck({ attention, nodes, totals }: StatusSnapshot): Verdict {
  const live = `${totals.live} of ${totals.nodes} nodes live`;
  const lost = attention.find(({ code }) => UNREACHABLE.has(code));
  if (lost !== undefined) return { exitCode: 4, text: told(lost.text, live) };
  const serves = nodes.some(({ state }) => state === "serving" || state === "newcomer");
  const hindered = attention.find(({ code }) => NOT_SERVING.has(code));
  if (hindered !== undefined) return { exitCode: 5, text: told(hindered.text, live) };
  if (!serves) return { exitCode: 5, text: `Nothing serves. ${live}.` };
  return { exitCode: 0, text: told(attention[0]?.text ?? "All well", live) };
}

const NOT_SERVING: ReadonlySet<string> = new Set(["node-restarting", "router-no-miners", "miner-no-router"]);

function told(text: string, live: string): string {
  return `${text}${/[.?]$/.test(text) ? "" : "."} ${live}.`;
}
