import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { CortensorError } from "../../errors/cortensorError.ts";
import { KeyStore } from "../../keys/index.ts";
import { NODE_NAME } from "../home.ts";
import { holderOf } from "../lock.ts";
import { type Finding, failed, findingOf, ok, skipped, warn } from "./finding.ts";
import type { Check } from "./ground.ts";

/** The folder itself, and that nobody else may read what is secret in it. */
export const home: Check = async ({ home }) => {
  const mode = await modeOf(home.root);
  if (mode === undefined) return [skipped("home", `${home.root} is not there yet; the first start makes it`)];
  const secrets = await secretFiles(home.root, home.keysFolder);
  return [folderMode(home.root, mode), fileModes(secrets)];
};

/** Every keystore can be read as one. */
export const keys: Check = async ({ home }) => {
  const known = await new KeyStore({ folder: home.keysFolder }).list();
  return [known.length === 0 ? skipped("keys", "no keys yet") : ok("keys", `${known.length} in ${home.keysFolder}`)];
};

/** All settings are in their ranges. */
export const config: Check = async ({ home, settings }) => [
  settings instanceof CortensorError
    ? findingOf("config", settings)
    : ok("config", `${home.configFile} and environment`),
];

/** What processes that were killed left behind. */
export const leftovers: Check = async ({ home }) => {
  const names = (await list(home.runFolder)).filter((file) => file.endsWith(".pid")).map((file) => file.slice(0, -4));
  const left = names.filter((name) => NODE_NAME.test(name) && holderOf(home, name) === undefined);
  if (left.length === 0) return [ok("run files", names.length === 0 ? "nothing runs" : `${names.length} in use`)];
  const files = left.map((name) => home.node(name).pidFile);
  return [warn("run files", `${left.join(", ")} ended without being stopped`, `rm ${files.join(" ")}`)];
};

export interface FileMode {
  readonly file: string;
  readonly mode: number;
}

export function folderMode(folder: string, mode: number): Finding {
  if (isPrivate(mode)) return ok("home", folder);
  return warn("home", `other users may look into ${folder} (${octal(mode)})`, `chmod 700 ${folder}`);
}

export function fileModes(secrets: readonly FileMode[]): Finding {
  const open = secrets.filter(({ mode }) => !isPrivate(mode));
  if (open.length === 0) return ok("file modes", `${secrets.length} secret files, none open to other users`);
  const detail = open.map(({ file, mode }) => `${file} (${octal(mode)})`).join(", ");
  return failed("file modes", `other users may read ${detail}`, `chmod 600 ${open.map(({ file }) => file).join(" ")}`);
}

async function secretFiles(root: string, keysFolder: string): Promise<FileMode[]> {
  const nodes = join(root, "nodes");
  const folders = (await list(nodes)).map((name) => join(nodes, name));
  const inNodes = await Promise.all(
    folders.map(async (folder) =>
      (await list(folder)).filter((file) => /\.(password|key)$/.test(file)).map((file) => join(folder, file)),
    ),
  );
  const inKeys = (await list(keysFolder))
    .filter((file) => file.endsWith(".json"))
    .map((file) => join(keysFolder, file));
  const files = [...inKeys, ...inNodes.flat(), join(root, "run", "up.json")];
  const seen = await Promise.all(files.map(async (file) => ({ file, mode: await modeOf(file) })));
  return seen.flatMap(({ file, mode }) => (mode === undefined ? [] : [{ file, mode }]));
}

function isPrivate(mode: number): boolean {
  // Windows keeps a user's files private by their place.
  return process.platform === "win32" || (mode & 0o077) === 0;
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, "0");
}

async function modeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(absent))?.mode;
}

async function list(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(absent)) ?? [];
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
}
