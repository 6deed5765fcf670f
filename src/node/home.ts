import { createHash } from "node:crypto";
import { chmod, mkdir, stat } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { CortensorError } from "../errors/cortensorError.ts";

/** Every path of a home. Making the object touches no file. */
export interface Home {
  readonly root: string;
  readonly configFile: string;
  readonly keysFolder: string;
  readonly networksFolder: string;
  /** State of the embedded chain. */
  readonly localFolder: string;
  readonly modelsFolder: string;
  readonly runFolder: string;
  /** What `up` brought up, for other commands. */
  readonly upFile: string;
  presetFile(network: string): string;
  node(name: string): NodePaths;
}

/** The paths of one node of a home. */
export interface NodePaths {
  readonly folder: string;
  readonly recordFile: string;
  readonly storeFile: string;
  readonly logFolder: string;
  readonly pidFile: string;
  /** A Unix socket, or a named pipe on Windows. In a folder of the system when the home's path is too long for a socket. */
  readonly socket: string;
}

/** Names of nodes and keys are file names and words on the command line. */
export const NODE_NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** The home in use: `--home`, else `$CORTENSOR_HOME`, else the platform's data folder. */
export function homeOf(env: Readonly<Record<string, string | undefined>>, flag?: string): Home {
  const chosen = flag ?? env.CORTENSOR_HOME;
  return homeAt(chosen === undefined || chosen === "" ? dataFolder(env) : resolve(chosen));
}

function dataFolder(env: Readonly<Record<string, string | undefined>>): string {
  const user = homedir();
  if (process.platform === "win32") return join(env.LOCALAPPDATA ?? join(user, "AppData", "Local"), "cortensor");
  if (process.platform === "darwin") return join(user, "Library", "Application Support", "cortensor");
  const data = env.XDG_DATA_HOME;
  return join(data?.startsWith("/") === true ? data : join(user, ".local", "share"), "cortensor");
}

function homeAt(root: string): Home {
  const runFolder = join(root, "run");
  return {
    root,
    configFile: join(root, "config.json"),
    keysFolder: join(root, "keys"),
    networksFolder: join(root, "networks"),
    localFolder: join(root, "networks", "local"),
    modelsFolder: join(root, "models"),
    runFolder,
    upFile: join(runFolder, "up.json"),
    presetFile: (network) => join(root, "networks", `${checkName(network)}.json`),
    node: (name) => nodePaths({ root, runFolder, name: checkName(name) }),
  };
}

function nodePaths({ root, runFolder, name }: { root: string; runFolder: string; name: string }): NodePaths {
  const folder = join(root, "nodes", name);
  return {
    folder,
    recordFile: join(folder, "node.json"),
    storeFile: join(folder, "store.sqlite"),
    logFolder: join(folder, "log"),
    pidFile: join(runFolder, `${name}.pid`),
    socket: socketPath({ root, runFolder, name }),
  };
}

/** A socket's path has room for 103 bytes on macOS and 107 on Linux. */
const SOCKET_BYTES = 103;

function socketPath({ root, runFolder, name }: { root: string; runFolder: string; name: string }): string {
  const digest = createHash("sha256").update(root).digest("hex").slice(0, 16);
  if (process.platform === "win32") return `\\\\.\\pipe\\cortensor-${digest}-${name}`;
  const near = join(runFolder, `${name}.sock`);
  if (Buffer.byteLength(near) <= SOCKET_BYTES) return near;
  return join(tmpdir(), `cortensor-${digest}`, `${name}.sock`);
}

/** Throws `option-value` for a name that is no file name: it may come from a command line. */
function checkName(name: string): string {
  if (NODE_NAME.test(name)) return name;
  throw new CortensorError(
    "option-value",
    `a name has small letters, digits and hyphens, 40 at most; ${JSON.stringify(name)} has not`,
    {
      data: { name },
    },
  );
}

/**
 * Makes a folder that only this user may enter, with everything above it. Throws `home-damaged` when somebody else owns it,
 * as another user could do with a folder of the system's temporary one.
 */
export async function privateFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (process.platform === "win32" || process.getuid === undefined) return folder;
  const { uid, mode } = await stat(folder);
  if (uid !== process.getuid()) {
    throw new CortensorError("home-damaged", `${folder} belongs to another user`, {
      why: [["seen", `user ${uid} owns it, and this process runs as user ${process.getuid()}`]],
      try: "cortensor --home FOLDER",
      data: { folder, uid },
    });
  }
  // A folder from an older version or made by hand; a home is nobody else's business.
  if ((mode & 0o077) !== 0) await chmod(folder, 0o700);
  return folder;
}

/** The folder that a socket's path stands in, made ready. */
export async function socketFolder(socket: string): Promise<void> {
  if (process.platform !== "win32") await privateFolder(dirname(socket));
}
