import { type Finding, examine, exitCodeOf, gatherGround } from "../../node/doctor/index.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";

const MARK = { ok: "ok", warn: "warn", error: "error", skipped: "idle" } as const;
const STYLE = { ok: "ok", warn: "warn", error: "error", skipped: "muted" } as const;

export const doctor = defineCommand({
  about: "Looks and changes nothing. Exits 0 when nothing is wrong, 4 when only the network is, else 3.",
  sections: [
    {
      title: "Options",
      flags: {
        node: { type: "string", default: undefined, value: "NAME", describe: "of this home's nodes, look at this one" },
      },
    },
  ],
  examples: ["cortensor doctor", "cortensor doctor --node miner-1 --json"],
  async run(ctx, { options }) {
    const findings = await examine(await gatherGround(ctx, options.node));
    const code = exitCodeOf(findings);
    const checks = findings.map(({ name, result, detail, try: fix }) => ({
      name,
      ok: result !== "error",
      result,
      detail,
      try: fix,
    }));
    ctx.result({ schema: "cortensor.doctor/1", healthy: code === 0, checks }, () => {
      for (const line of doctorLines(findings, ctx.look)) ctx.out(line);
    });
    return code;
  },
});

/** A line for each finding, with the fix below it. */
export function doctorLines(findings: readonly Finding[], { style, glyph }: Context["look"]): string[] {
  const wide = Math.max(...findings.map(({ name }) => name.length)) + 3;
  return findings.flatMap(({ name, result, detail, try: fix }) => {
    const line = ` ${style[STYLE[result]](glyph[MARK[result]])} ${name.padEnd(wide)}${detail}`;
    return fix === null ? [line] : [line, `   ${"".padEnd(wide)}${style.muted("try")}   ${fix}`];
  });
}
