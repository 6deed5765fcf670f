import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { UpRecord } from "../../src/fleet/supervisor.ts";
import type { LoadOptions, LoadResult } from "./load.ts";

const run = promisify(execFile);
const here = import.meta.dirname;

/** Something that answers chat completions, and how to end it. */
export interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it can be asked for streams; true if not given. */
  readonly streams?: boolean;
  stop(): Promise<void>;
}

/** The built program with a home of its own: an embedded chain, one router, and scripted miners. */
export interface Network extends Target {
  readonly record: UpRecord;
}

export async function startNetwork({
  miners,
  script,
  slots,
}: {
  readonly miners: number;
  readonly script: string;
  readonly slots: number;
}): Promise<Network> {
  const home = await mkdtemp(join(tmpdir(), "cortensor-bench-"));
  const env = { ...process.env, CORTENSOR_HOME: home, CORTENSOR_ROUTER_REQUESTS_PER_MINUTE: "10000000" };
  const cortensor = (...argv: string[]) => run(process.execPath, ["dist/main.js", ...argv], { env });
  const stop = async (): Promise<void> => {
    await cortensor("down");
    await rm(home, { recursive: true, force: true });
  };
  const wishes = ["--engine", "scripted", "--script", script, "--miners", String(miners), "--slots", String(slots)];
  try {
    await cortensor("up", "--detach", "--no-tui", "--port", "0", ...wishes);
    const record = JSON.parse(await readFile(join(home, "run", "up.json"), "utf8")) as UpRecord;
    return {
      url: `${record.router_url}/chat/completions`,
      headers: { authorization: `Bearer ${record.api_key}` },
      record,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The server behind the other gateways, asked directly. */
export async function startUpstream(): Promise<Target & { readonly port: number }> {
  const child = spawn(process.execPath, [join(here, "upstream.ts")], { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise<number>((resolve) =>
    child.stdout.once("data", (bytes: Buffer) => resolve(Number(bytes.toString()))),
  );
  return { ...target(port, child), port };
}

/** nginx as a proxy in front of the upstream, one worker a core; installed when it is missing. */
export async function startNginx(upstreamPort: number): Promise<Target> {
  if (!existsSync("/usr/sbin/nginx")) await run("apt-get", ["install", "-y", "nginx-light"]);
  const folder = await mkdtemp(join(tmpdir(), "cortensor-bench-nginx-"));
  const port = await freePort();
  await writeFile(join(folder, "nginx.conf"), nginxConfig({ folder, port, upstreamPort }));
  const child = spawn("/usr/sbin/nginx", ["-c", join(folder, "nginx.conf"), "-p", folder], { stdio: "inherit" });
  await untilListening(port);
  return target(port, child, { cleanUp: () => rm(folder, { recursive: true, force: true }) });
}

function nginxConfig({ folder, port, upstreamPort }: { folder: string; port: number; upstreamPort: number }): string {
  return `daemon off; pid ${folder}/pid; worker_processes auto; error_log ${folder}/error.log;
user root;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  keepalive_requests 1000000;
  upstream engine { server 127.0.0.1:${upstreamPort}; keepalive 64; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://engine; proxy_http_version 1.1; proxy_set_header connection ""; proxy_buffering off; }
  }
}
`;
}

const PORTKEY = "@portkey-ai/gateway@1.15.2";

/**
 * The Portkey gateway in front of the upstream; installed outside of the checkout, and kept for the next run. On our Node,
 * where it is faster than on the Node 20 of its own image; on both it answers every stream with status 500.
 */
export async function startPortkey(upstreamPort: number): Promise<Target> {
  const folder = join(tmpdir(), "cortensor-bench-portkey");
  const program = join(folder, "node_modules", "@portkey-ai", "gateway", "build", "start-server.js");
  if (!existsSync(program)) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "package.json"), "{}");
    await run("npm", ["install", "--loglevel=error", PORTKEY], { cwd: folder });
  }
  const port = await freePort();
  const child = spawn(process.execPath, [program, `--port=${port}`, "--headless"], {
    stdio: "ignore",
    env: { ...process.env, NODE_ENV: "production" },
  });
  await untilListening(port);
  const headers = {
    authorization: "Bearer none",
    "x-portkey-provider": "openai",
    "x-portkey-custom-host": `http://127.0.0.1:${upstreamPort}/v1`,
  };
  return { ...target(port, child, { headers }), streams: false };
}

/** Load from a process of its own. */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const { stdout } = await run(process.execPath, [join(here, "load.ts"), JSON.stringify(options)], {
    maxBuffer: 1 << 24,
  });
  return JSON.parse(stdout) as LoadResult;
}

function target(
  port: number,
  child: ChildProcess,
  more: { readonly headers?: Readonly<Record<string, string>>; cleanUp?(): Promise<void> } = {},
): Target {
  const exited = new Promise((resolve) => child.once("exit", resolve));
  return {
    url: `http://127.0.0.1:${port}/v1/chat/completions`,
    headers: more.headers ?? {},
    async stop() {
      child.kill("SIGTERM");
      await exited;
      await more.cleanUp?.();
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });
}

async function untilListening(port: number): Promise<void> {
  const listens = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = createConnection({ host: "127.0.0.1", port }, () => resolve(true));
      socket.on("error", () => resolve(false));
      socket.on("connect", () => socket.destroy());
    });
  for (const until = performance.now() + 20_000; performance.now() < until; ) {
    if (await listens()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on port ${port}`);
}
