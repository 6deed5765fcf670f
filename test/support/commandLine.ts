import { PassThrough } from "node:stream";
import type { Io } from "../../src/cli/context.ts";
import { registry } from "../../src/cli/index.ts";
import type { Registry } from "../../src/cli/registry.ts";
import { run } from "../../src/cli/run.ts";
import { systemClock } from "../../src/util/clock.ts";

/** A terminal's keyboard: raw mode is remembered, keys are written by the test. */
export class Keyboard extends PassThrough {
  isTTY: boolean;
  raw = false;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  setRawMode(on: boolean): this {
    this.raw = on;
    return this;
  }
}

/** Keeps what is written to it. */
export class Page extends PassThrough {
  isTTY: boolean;
  columns = 80;
  text = "";

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
    this.on("data", (part: Buffer) => {
      this.text += part.toString("utf8");
    });
  }
}

export interface CommandLineOptions {
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly terminal?: boolean;
  /** What stdin holds when it is no terminal. */
  readonly input?: string;
  readonly signal?: AbortSignal;
  readonly registry?: Registry;
}

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program's command line in this process, on a home of the test. */
export function openCommandLine(argv: readonly string[], options: CommandLineOptions) {
  const terminal = options.terminal === true;
  const stdin = new Keyboard(terminal);
  if (!terminal) stdin.end(options.input ?? "");
  const stdout = new Page(terminal);
  const stderr = new Page(terminal);
  const io = {
    argv,
    env: { CORTENSOR_HOME: options.home, ...options.env },
    stdin,
    stdout,
    stderr,
    signal: options.signal ?? new AbortController().signal,
    clock: systemClock,
  } as unknown as Io;
  const ended = (async (): Promise<Ended> => {
    const exitCode = await run(io, options.registry ?? registry);
    // The pages get their last parts in the next turn.
    await new Promise((resolve) => setImmediate(resolve));
    return { exitCode, stdout: stdout.text, stderr: stderr.text };
  })();
  return { stdin, stdout, stderr, ended };
}

/** Runs one command line to its end. */
export function runLine(argv: readonly string[], options: CommandLineOptions): Promise<Ended> {
  return openCommandLine(argv, options).ended;
}
