import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

export interface Anvil {
  readonly url: string;
  /** The result, or an `Error` with the chain's message. */
  rpc(method: string, ...params: unknown[]): Promise<unknown>;
  /** Several calls in one message, answered in their order. */
  batch(calls: readonly (readonly [method: string, ...params: unknown[]])[]): Promise<readonly unknown[]>;
}

/**
 * A fresh chain on a free port of 127.0.0.1, without accounts of its own. `onEnd` is vitest's `afterAll` or
 * `onTestFinished`: the process ends there, whatever the tests did.
 */
export async function startAnvil(
  onEnd: (stop: () => Promise<void>) => void,
  extraArgs: readonly string[] = [],
): Promise<Anvil> {
  const child = spawn(anvilPath(), ["--host", "127.0.0.1", "--port", "0", "--accounts", "0", ...extraArgs], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  onEnd(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`anvil ended with ${code} before it listened`)));
    // Read to the end, or anvil stops when the pipe is full.
    createInterface({ input: child.stdout }).on("line", (line) => {
      const address = /^Listening on (\S+)/.exec(line)?.[1];
      if (address !== undefined) resolve(`http://${address}`);
    });
  });
  const batch: Anvil["batch"] = async (calls) => {
    const body = calls.map(([method, ...params], id) => ({ jsonrpc: "2.0", id, method, params }));
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const answers = (await response.json()) as readonly Answer[];
    return answers.toSorted((a, b) => a.id - b.id).map(resultOf);
  };
  return { url, batch, rpc: async (method, ...params) => (await batch([[method, ...params]]))[0] };
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string; readonly data?: unknown };
}

function resultOf({ result, error }: Answer): unknown {
  if (error !== undefined) throw new Error(error.message, { cause: error.data });
  return result;
}

function anvilPath(): string {
  const cpu = process.arch === "x64" ? "amd64" : process.arch;
  const file = process.platform === "win32" ? "anvil.exe" : "anvil";
  return createRequire(import.meta.url).resolve(`@foundry-rs/anvil-${process.platform}-${cpu}/bin/${file}`);
}
