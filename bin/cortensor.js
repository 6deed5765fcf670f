#!/usr/bin/env node
// Runs on any Node, so it stays in old syntax: it checks the version first, and only then loads the program.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const NEEDED = [22, 13];
const MARKER = "CORTENSOR_REEXECUTED";
const [major, minor] = process.versions.node.split(".").map(Number);

if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) {
  const main = new URL("../dist/main.js", import.meta.url);
  if (existsSync(main)) await import(main.href);
  else stop(`error[not-built]: there is no ${fileURLToPath(main)}\n  try    npm run build`);
} else {
  const windows = process.platform === "win32";
  const newer = fileURLToPath(new URL(`../node_modules/node/bin/node${windows ? ".exe" : ""}`, import.meta.url));
  if (existsSync(newer) && process.env[MARKER] !== "1") run(newer);
  else
    stop(
      `error[node-version]: cortensor needs Node ${NEEDED.join(".")} or newer and this is ${process.version}\n` +
        "  try    install a newer Node from https://nodejs.org, or run npm ci in a checkout",
    );
}

function stop(text) {
  process.stderr.write(`${text}\n`);
  process.exitCode = 3;
}

/** Hands everything to a newer Node: terminal, signals and exit code. */
function run(node) {
  const child = spawn(node, process.argv.slice(1), { stdio: "inherit", env: { ...process.env, [MARKER]: "1" } });
  // The terminal sends Ctrl-C to both processes; the child decides how to end.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => stop(`error[node-version]: ${node} does not start: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exitCode = code ?? 1;
    else process.exitCode = 128 + ({ SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 0);
  });
}
