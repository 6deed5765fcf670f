import { registry } from "./cli/index.ts";
import { lookOf } from "./cli/output/look.ts";
import { renderError } from "./cli/renderError.ts";
import { run } from "./cli/run.ts";
import { systemClock } from "./util/clock.ts";

const INTERRUPTED = 130;
const controller = new AbortController();
/** Whoever read stdout has gone, as in `cortensor logs | head -1`: they have what they wanted. */
let readerLeft = false;

function abort(): void {
  controller.abort(new DOMException("stopped", "AbortError"));
}

// The first asks to drain; who asks again is in a hurry.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (controller.signal.aborted && signal === "SIGINT") process.exit(INTERRUPTED);
    abort();
  });
}
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    if (stream !== process.stdout) return;
    readerLeft = true;
    abort();
  });
}
// A bug outside of every command; what it left half done cannot be trusted, so the process ends.
process.on("uncaughtException", (error) => {
  const debug = process.argv.includes("--debug");
  const look = lookOf(process.stderr, { env: process.env, flags: { color: true, ascii: false } });
  const { text, exitCode } = renderError(error, { look, asJson: process.argv.includes("--json"), debug });
  process.stderr.write(text, () => process.exit(exitCode));
});

// Timers of the clock keep no process alive, so a command that waits for one alone would be cut off. Ends with the process.
setInterval(() => undefined, 0x7fff_ffff);

const { env, stdin, stdout, stderr } = process;
const exitCode = await run(
  { argv: process.argv.slice(2), env, stdin, stdout, stderr, signal: controller.signal, clock: systemClock },
  registry,
);
await Promise.all([flushed(stdout), flushed(stderr)]);
process.exit(readerLeft && exitCode === INTERRUPTED ? 0 : exitCode);

/** Pipes may write later, and `process.exit` does not wait. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) resolve();
    else stream.write("", () => resolve());
  });
}
