import type { Role } from "./text/line.ts";

/** How a role looks: the terminal's own colours on its own background; never white, black or a painted background. */
export const LOOKS: Readonly<
  Record<Role, { readonly bold?: true; readonly dimColor?: true; readonly color?: "cyan" | "green" | "yellow" | "red" }>
> = {
  primary: {},
  strong: { bold: true },
  muted: { dimColor: true },
  accent: { color: "cyan" },
  ok: { color: "green" },
  warn: { color: "yellow" },
  error: { color: "red" },
};
