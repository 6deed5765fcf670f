import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built program with a home of its own, which is taken down and removed when the test ends. */
export interface Program {
  readonly home: string;
  run(...argv: string[]): Promise<Ran>;
}

export async function program(): Promise<Program> {
  const home = await mkdtemp(join(tmpdir(), "cortensor-test-"));
  const run = (...argv: string[]): Promise<Ran> => runNode(["dist/main.js", ...argv], { CORTENSOR_HOME: home });
  onTestFinished(async () => {
    await run("down");
    await rm(home, { recursive: true, force: true });
  });
  return { home, run };
}

/** Node with these arguments, until it ends. */
export function runNode(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, argv, { env: { ...process.env, ...env } }, (_, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
    child.stdin?.end();
  });
}
