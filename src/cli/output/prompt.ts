import { StringDecoder } from "node:string_decoder";
import { CortensorError } from "../../errors/cortensorError.ts";

/** A terminal that can be read key by key. */
export interface KeyStream {
  readonly isTTY?: boolean | undefined;
  setRawMode?(on: boolean): unknown;
  on(event: "data", listener: (chunk: Buffer) => void): unknown;
  off(event: "data", listener: (chunk: Buffer) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

export interface Prompt {
  readonly question: string;
  /** Shows nothing of what is typed. */
  readonly hidden?: boolean;
}

/** Where questions are asked and answered. */
export interface Terminal {
  readonly input: KeyStream;
  readonly write: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * One line from the terminal. Raw mode, so that a hidden one never appears; Ctrl-C and Ctrl-D on an empty line throw
 * `interrupted`, a signal its reason. The terminal is as before in every case.
 */
export async function askLine(
  { question, hidden = false }: Prompt,
  { input, write, signal }: Terminal,
): Promise<string> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const decoder = new StringDecoder("utf8");
  const line = new Line(hidden ? () => {} : write);
  const onData = (chunk: Buffer): void => {
    for (const key of withoutEscapes(decoder.write(chunk))) {
      if (key === "\r" || key === "\n") return resolve(line.text);
      if (key === "\u0003" || (key === "\u0004" && line.text === "")) return reject(interrupted());
      line.type(key);
    }
  };
  const onAbort = (): void => reject(signal.reason as Error);
  write(question);
  input.setRawMode?.(true);
  input.on("data", onData);
  input.resume();
  signal.addEventListener("abort", onAbort, { once: true });
  return promise.finally(() => {
    signal.removeEventListener("abort", onAbort);
    input.off("data", onData);
    input.setRawMode?.(false);
    input.pause();
    write("\n");
  });
}

class Line {
  readonly #echo: (text: string) => void;
  #keys: string[] = [];

  constructor(echo: (text: string) => void) {
    this.#echo = echo;
  }

  get text(): string {
    return this.#keys.join("");
  }

  type(key: string): void {
    if (key === "\u007f" || key === "\b") {
      if (this.#keys.pop() !== undefined) this.#echo("\b \b");
    } else if (key === "\u0015") {
      this.#echo("\b \b".repeat(this.#keys.length));
      this.#keys = [];
    } else if (key >= " ") {
      this.#keys.push(key);
      this.#echo(key);
    }
  }
}

/** Characters, less the sequences that arrow and function keys send. */
function withoutEscapes(text: string): string[] {
  // oxlint-disable-next-line no-control-regex -- escape sequences begin with a control character
  return Array.from(text.replace(/\u001b(\[[0-9;?]*[ -/]*[@-~]|O.|.)?/g, ""));
}

function interrupted(): CortensorError {
  return new CortensorError("interrupted", "stopped before the result");
}
