import type { Clock } from "../../util/types.ts";
import { duration } from "./duration.ts";
import type { Look } from "./look.ts";

/** One step of long work, as its line on stderr shows it. */
export interface Step<T> {
  /** A word or two, such as `router`. */
  readonly name: string;
  /** `say` shows what the step waits for, while it does. */
  readonly work: (say: (text: string) => void) => Promise<T>;
  /** The text of the finished line. */
  readonly result?: (value: T) => string;
  /** Shows the finished line also of a step below 300 ms, for plans whose steps belong together. */
  readonly always?: boolean;
}

export interface ProgressOptions {
  readonly look: Look;
  /** Whether lines can be rewritten. */
  readonly terminal: boolean;
  /** With `--quiet` and `--json`. */
  readonly silent: boolean;
}

const QUIET_MS = 300;
const PLAIN_EVERY_MS = 30_000;
const CLEAR = "\r\u001b[2K";

/** Progress lines on stderr: nothing below 300 ms, then a line that turns into `✓ step  result  time`. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #write: (text: string) => void;
  readonly #clock: Clock;
  /** The line on the terminal's last row that will be rewritten. */
  #live: { readonly name: string; text: string } | undefined;

  constructor(
    options: ProgressOptions,
    { write, clock }: { readonly write: (text: string) => void; readonly clock: Clock },
  ) {
    this.#options = options;
    this.#write = write;
    this.#clock = clock;
  }

  /** Writes lines above the live one. */
  print(text: string): void {
    this.#clear();
    this.#write(`${text}\n`);
    this.#draw();
  }

  async step<T>(step: Step<T>): Promise<T> {
    if (this.#options.silent) return step.work(() => {});
    const start = this.#clock.now();
    const view = this.#open(step.name);
    try {
      const value = await step.work(view.say);
      view.close();
      const took = this.#clock.now() - start;
      if (step.always === true || took >= QUIET_MS)
        this.#finish("ok", { name: step.name, text: step.result?.(value) ?? "", took });
      return value;
    } catch (error) {
      view.close();
      this.#finish("error", { name: step.name, text: "", took: this.#clock.now() - start });
      throw error;
    }
  }

  #open(name: string): { say: (text: string) => void; close: () => void } {
    let text = "";
    let shown = false;
    let spoke = this.#clock.now();
    const show = (): void => {
      shown = true;
      if (this.#options.terminal) {
        if (this.#live !== undefined && this.#live.name !== name) return;
        this.#live = { name, text };
        this.#draw();
      } else this.#write(`${this.#line(" ", { name, text })}\n`);
    };
    const cancel = this.#clock.after(QUIET_MS, show);
    const say = (next: string): void => {
      text = next;
      if (!shown) return;
      const due = this.#options.terminal || this.#clock.now() - spoke >= PLAIN_EVERY_MS;
      if (!due) return;
      spoke = this.#clock.now();
      show();
    };
    const close = (): void => {
      cancel();
      if (this.#live?.name !== name) return;
      this.#clear();
      this.#live = undefined;
    };
    return { say, close };
  }

  #finish(kind: "ok" | "error", { name, text, took }: { name: string; text: string; took: number }): void {
    const { style, glyph } = this.#options.look;
    const line = this.#line(style[kind](glyph[kind]), { name, text });
    const time = style.muted(duration(took));
    this.print(`${line.padEnd(line.length - visible(line) + TIME_COLUMN)}  ${time}`);
  }

  #line(mark: string, { name, text }: { name: string; text: string }): string {
    return ` ${mark} ${name.padEnd(NAME_COLUMNS)}${text}`.trimEnd();
  }

  #clear(): void {
    if (this.#live !== undefined) this.#write(CLEAR);
  }

  #draw(): void {
    if (this.#live === undefined) return;
    const line = this.#line(" ", this.#live);
    this.#write(CLEAR + line.slice(0, Math.max(1, this.#options.look.columns - 1)));
  }
}

const NAME_COLUMNS = 12;
const TIME_COLUMN = 66;

function visible(text: string): number {
  // oxlint-disable-next-line no-control-regex -- escape sequences begin with a control character
  return text.replace(/\u001b\[[0-9;]*m/g, "").length;
}
