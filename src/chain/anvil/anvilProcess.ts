import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { CortensorError } from "../../errors/cortensorError.ts";
import { anvilBinary } from "./binary.ts";

const START_MS = 15_000;
const LISTENING = /Listening on .*:(\d+)\s/;
const KEPT_OUTPUT = 4000;

export interface AnvilOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly chainId: number;
  /** First word of its command line, by which a later start knows it. */
  readonly title: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last that it said. */
  readonly output: string;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** One run of anvil. */
export class AnvilProcess {
  readonly pid: number;
  readonly port: number;
  /** Never rejects. */
  readonly exited: Promise<Exit>;
  readonly #child: Child;

  private constructor(child: Child, { port, exited }: { port: number; exited: Promise<Exit> }) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    this.port = port;
    this.exited = exited;
  }

  /** Once it listens. Throws `chain-missing`, `port-in-use`, `start-failed`. */
  static async launch(options: AnvilOptions, signal?: AbortSignal): Promise<AnvilProcess> {
    signal?.throwIfAborted();
    const child = spawn(anvilBinary(), flags(options), {
      argv0: options.title,
      stdio: ["ignore", "pipe", "pipe"],
      // Ctrl-C in a terminal reaches the whole group; the chain goes after its last dump, not before.
      detached: process.platform !== "win32",
    });
    const output = collect(child);
    const exited = new Promise<Exit>((resolve) => {
      child.once("error", (error) => resolve({ code: null, signal: null, output: error.message }));
      child.once("exit", (code, signal) => resolve({ code, signal, output: output.text() }));
    });
    try {
      const port = await Promise.race([
        output.port,
        exited.then((exit) => Promise.reject(notStarted(options, exit))),
        aborted(signal),
      ]);
      return new AnvilProcess(child, { port, exited });
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  /** Asks it to end, and makes it after `patienceMs`. */
  async end(patienceMs: number): Promise<void> {
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), patienceMs);
    await this.exited;
    clearTimeout(timer);
  }
}

function flags({ host, port, chainId }: AnvilOptions): string[] {
  // Without pruning it leaves 122 MB on disk per 900 blocks; no accounts, whose keys everybody knows.
  const always = ["--accounts", "0", "--prune-history", "64", "--enable-tx-gas-limit"];
  return [...always, "--host", host, "--port", String(port), "--chain-id", String(chainId)];
}

function collect(child: Child): { text(): string; readonly port: Promise<number> } {
  let text = "";
  let found: (port: number) => void = () => undefined;
  const port = new Promise<number>((resolve) => {
    found = resolve;
  });
  const take = (chunk: Buffer): void => {
    text = (text + chunk.toString("utf8")).slice(-KEPT_OUTPUT);
    const listening = LISTENING.exec(`${text}\n`);
    if (listening !== null) found(Number(listening[1]));
  };
  // Read to the end: it would stop at a full pipe.
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  return { text: () => text, port };
}

async function aborted(signal: AbortSignal | undefined): Promise<never> {
  const late = AbortSignal.timeout(START_MS);
  const either = signal === undefined ? late : AbortSignal.any([signal, late]);
  return new Promise((_, reject) => {
    either.addEventListener("abort", () => {
      const waited = new CortensorError("start-failed", `the embedded chain did not start within ${START_MS / 1000} s`);
      reject(signal?.aborted === true ? (signal.reason as Error) : waited);
    });
  });
}

function notStarted({ host, port }: AnvilOptions, { output, code, signal }: Exit): CortensorError {
  const said = output.trim().split("\n").at(-1) ?? "";
  if (/address (already )?in use|os error (98|48|10048)/i.test(output)) {
    return new CortensorError("port-in-use", `port ${port} is taken, so the embedded chain cannot listen`, {
      why: [["found", `another process listens on ${host}:${port}`]],
      try: `cortensor config set embeddedChain.port ${port < 65_535 ? port + 1 : 0}`,
      data: { host, port },
    });
  }
  return new CortensorError("start-failed", "the embedded chain did not start", {
    why: [["found", said === "" ? `it ended with ${signal ?? `code ${code}`}` : said]],
    data: { code, signal },
  });
}

/** Where it is reached from this machine. */
export function urlOf(host: string, port: number): string {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}
