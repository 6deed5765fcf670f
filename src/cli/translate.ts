import { CortensorError, isAbort } from "../errors/cortensorError.ts";

/** Any thrown value as an error that people can read: system errors get a code of ours, the rest is a bug. */
export function translate(thrown: unknown): CortensorError {
  if (thrown instanceof CortensorError) return thrown;
  if (isAbort(thrown)) return new CortensorError("interrupted", "stopped before the result", { cause: thrown });
  return system(thrown as NodeJS.ErrnoException) ?? bug(thrown);
}

function system(error: NodeJS.ErrnoException): CortensorError | undefined {
  if (!(error instanceof Error)) return undefined;
  const file = error.path ?? "a file";
  const details = {
    why: [["seen", error.message]],
    data: { file: error.path, system: error.code },
    cause: error,
  } as const;
  const { code = "" } = error;
  if (["ENOSPC", "EDQUOT"].includes(code))
    return new CortensorError("disk-full", `there is no space left to write ${file}`, details);
  if (["EACCES", "EPERM", "EROFS"].includes(code))
    return new CortensorError("file-denied", `${file} may not be read or written by this user`, details);
  if (code !== "EADDRINUSE") return undefined;
  const { port } = error as { port?: number };
  return new CortensorError("port-in-use", port === undefined ? "a port is taken" : `port ${port} is taken`, details);
}

function bug(thrown: unknown): CortensorError {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new CortensorError("internal", message === "" ? "something failed without a word" : message, {
    why: [["why", "this is a bug of cortensor; the same command with --debug shows where"]],
    cause: thrown,
  });
}
