import { CortensorError } from "../../errors/cortensorError.ts";
import type { Look } from "./look.ts";
import type { Terminal } from "./prompt.ts";

/** What keys send, as far as a menu has a use for it. */
const KEYS: Readonly<Record<string, "up" | "down" | "enter" | "quit" | "interrupt">> = {
  "\u001b[A": "up",
  "\u001bOA": "up",
  k: "up",
  "\u001b[B": "down",
  "\u001bOB": "down",
  j: "down",
  "\r": "enter",
  "\n": "enter",
  q: "quit",
  "\u0003": "interrupt",
};

/**
 * Lines with a mark that the arrows move; a number takes its line at once, Enter the marked one. Resolves with its place, or
 * undefined at `q`; Ctrl-C throws `interrupted`, a signal its reason. The terminal is as before in every case.
 */
export async function chooseItem(
  { items, look: { style, glyph } }: { readonly items: readonly string[]; readonly look: Look },
  { input, write, signal }: Terminal,
): Promise<number | undefined> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  let marked = 0;
  const draw = (): void => {
    for (const [at, item] of items.entries()) {
      const text = `${at + 1}  ${item}`;
      write(`\r\u001b[2K ${at === marked ? style.strong(`${glyph.selected} ${text}`) : `  ${text}`}\n`);
    }
  };
  const onData = (chunk: Buffer): void => {
    const key = chunk.toString("utf8");
    const digit = /^[1-9]$/.test(key) ? Number(key) - 1 : -1;
    if (digit >= 0 && digit < items.length) return resolve(digit);
    const meaning = KEYS[key];
    if (meaning === "enter") return resolve(marked);
    if (meaning === "quit") return resolve(undefined);
    if (meaning === "interrupt") return reject(new CortensorError("interrupted", "stopped before the result"));
    if (meaning === undefined) return;
    marked = (marked + (meaning === "up" ? items.length - 1 : 1)) % items.length;
    write(`\u001b[${items.length}A`);
    draw();
  };
  const onAbort = (): void => reject(signal.reason as Error);
  draw();
  input.setRawMode?.(true);
  input.on("data", onData);
  input.resume();
  signal.addEventListener("abort", onAbort, { once: true });
  return promise.finally(() => {
    signal.removeEventListener("abort", onAbort);
    input.off("data", onData);
    input.setRawMode?.(false);
    input.pause();
  });
}
