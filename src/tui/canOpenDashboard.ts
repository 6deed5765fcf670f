/** Whether a dashboard can be drawn, or its lines must do: it needs a terminal at both ends, and a reader who sees. */
export function canOpenDashboard({
  stdin,
  stdout,
  env,
}: {
  readonly stdin: { readonly isTTY?: boolean | undefined };
  readonly stdout: { readonly isTTY?: boolean | undefined };
  readonly env: NodeJS.ProcessEnv;
}): boolean {
  return stdin.isTTY === true && stdout.isTTY === true && env.TERM !== "dumb" && env.INK_SCREEN_READER !== "true";
}
