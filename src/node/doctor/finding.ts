import { CortensorError } from "../../errors/cortensorError.ts";

/** What one check saw. `skipped`: there was nothing to check. */
export interface Finding {
  /** A word or two, such as `disk`. */
  readonly name: string;
  readonly result: "ok" | "warn" | "error" | "skipped";
  readonly detail: string;
  /** A command that works as printed. */
  readonly try: string | null;
  /** Nothing on this machine is wrong: somebody else does not answer. */
  readonly isNetwork?: true;
}

export function ok(name: string, detail: string): Finding {
  return { name, result: "ok", detail, try: null };
}

export function skipped(name: string, detail: string): Finding {
  return { name, result: "skipped", detail, try: null };
}

export function warn(name: string, detail: string, fix: string | null): Finding {
  return { name, result: "warn", detail, try: fix };
}

export function failed(name: string, detail: string, fix: string | null): Finding {
  return { name, result: "error", detail, try: fix };
}

/** The finding that an error is; a bug of ours is one, too, as a doctor must not fall ill. */
export function findingOf(name: string, error: unknown): Finding {
  if (!(error instanceof CortensorError))
    return failed(
      name,
      (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "",
      "cortensor help internal",
    );
  const why = error.details.why?.map(([, text]) => text).join("; ");
  const detail = why === undefined || why === "" ? error.message : `${error.message} (${why})`;
  const finding = failed(name, detail, error.details.try ?? `cortensor help ${error.code}`);
  return error.exitCode === 4 ? { ...finding, isNetwork: true } : finding;
}

/** 0 when nothing is wrong, 4 when only the network is, else 3. */
export function exitCodeOf(findings: readonly Finding[]): 0 | 3 | 4 {
  const wrong = findings.filter(({ result }) => result === "error");
  if (wrong.length === 0) return 0;
  return wrong.every(({ isNetwork }) => isNetwork === true) ? 4 : 3;
}
