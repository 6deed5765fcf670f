// npm drops optional platform packages that its registry view lacks from package-lock.json, and the next `npm ci` then
// refuses to run. This adds a stub for each missing one; npm keeps stubs and fetches by name and version where they match.
// Run after every change of dependencies: node .ci/completeLock.mjs && npm ci --dry-run
import { readFileSync, writeFileSync } from "node:fs";

const SYSTEMS = {
  aix: "aix",
  android: "android",
  darwin: "darwin",
  mac: "darwin",
  freebsd: "freebsd",
  linux: "linux",
  netbsd: "netbsd",
  openbsd: "openbsd",
  openharmony: "openharmony",
  sunos: "sunos",
  win: "win32",
  win32: "win32",
  windows: "win32",
};
const PROCESSORS = {
  amd64: "x64",
  arm: "arm",
  arm64: "arm64",
  armv7l: "arm",
  ia32: "ia32",
  loong64: "loong64",
  mips64el: "mips64el",
  ppc64: "ppc64",
  ppc64le: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
  wasm32: "wasm32",
  x64: "x64",
  x86: "ia32",
};

const path = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(path, "utf8"));
const overridden = new Set(
  Object.keys(
    lock.packages[""].overrides ??
      JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).overrides ??
      {},
  ),
);
let added = 0;
for (const [owner, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const found = lock.packages[`${owner}/node_modules/${name}`] ?? lock.packages[`node_modules/${name}`];
    if (found !== undefined || overridden.has(name)) continue;
    const words = name.split(/[/-]/);
    const os = words.map((word) => SYSTEMS[word]).find(Boolean);
    const cpu = words.map((word) => PROCESSORS[word]).find(Boolean);
    lock.packages[`node_modules/${name}`] = {
      version: version.replace(/^[\^~]/, ""),
      ...(cpu && { cpu: [cpu] }),
      optional: true,
      ...(os && { os: [os] }),
    };
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${added} platform packages added to package-lock.json\n`);
