import { createInterface, type Interface } from "node:readline/promises";
import type { Context } from "../context.ts";

/** Lines typed at a prompt, with the keys and the history that a shell has. Ctrl-C never ends the program by itself. */
export class Typing {
  readonly #lines: Interface;
  #onInterrupt = (): void => {};
  #closed = false;

  constructor({ stdin, stderr }: Pick<Context, "stdin" | "stderr">) {
    this.#lines = createInterface({ input: stdin, output: stderr, historySize: 200, removeHistoryDuplicates: true });
    this.#lines.on("SIGINT", () => this.#onInterrupt());
    this.#lines.once("close", () => (this.#closed = true));
  }

  /**
   * One question, over several lines where a line ends in a backslash. Undefined at Ctrl-D, and at Ctrl-C where nothing is
   * typed; else Ctrl-C takes back what is typed.
   */
  async next(prompt: string, signal: AbortSignal): Promise<string | undefined> {
    const lines: string[] = [];
    for (let again = prompt; ; again = prompt.replace(/\S/, ".")) {
      const line = await this.#line(again, signal);
      if (line === "left" && lines.length === 0) return undefined;
      if (line === "left" || line === "taken back") return "";
      lines.push(line.text.replace(/\\$/, ""));
      if (!line.text.endsWith("\\")) return lines.join("\n");
    }
  }

  /** What Ctrl-C does while an answer comes. */
  async during<T>(work: (interrupted: AbortSignal) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    this.#onInterrupt = () => stop.abort();
    try {
      return await work(stop.signal);
    } finally {
      this.#onInterrupt = () => {};
    }
  }

  close(): void {
    this.#lines.close();
  }

  async #line(prompt: string, signal: AbortSignal): Promise<{ readonly text: string } | "left" | "taken back"> {
    if (this.#closed) return "left";
    const stop = new AbortController();
    let typed = "";
    this.#onInterrupt = () => {
      typed = this.#lines.line;
      stop.abort();
    };
    const closed = new Promise<"left">((resolve) => this.#lines.once("close", () => resolve("left")));
    const asked = this.#lines
      .question(prompt, { signal: AbortSignal.any([signal, stop.signal]) })
      .then((text) => ({ text }))
      .catch(() => (typed === "" ? "left" : "taken back"));
    try {
      return await Promise.race([asked, closed]);
    } finally {
      this.#onInterrupt = () => {};
    }
  }
}
