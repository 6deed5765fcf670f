import type { AddressInfo } from "node:net";
import type { Startable } from "../../util/types.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import type { App } from "./app.ts";
import { buildApp } from "./buildApp.ts";
import type { HttpServerDeps, HttpServerOptions } from "./context.ts";
import { Running } from "./running.ts";

const DRAIN_MS = 3000;

export interface HttpServer extends Startable {
  /** `http://host:port`, without a path; valid after `start`. */
  readonly url: string;
  readonly port: number;
}

/** The HTTP interface of a router: OpenAI's, this network's own, and that for operators. */
export function createHttpServer(options: HttpServerOptions, deps: HttpServerDeps): HttpServer {
  const running = new Running();
  let app: App | undefined;
  let draining = false;
  let port = options.port;
  return {
    async start() {
      app = await buildApp(options, { ...deps, running, isDraining: () => draining });
      await listen(app, options);
      port = (app.server.address() as AddressInfo).port;
    },
    /** Refuses new requests, gives running answers their time, then closes every connection. */
    async stop() {
      if (app === undefined || draining) return;
      draining = true;
      await running.idle(options.drainMs ?? DRAIN_MS, deps.clock);
      await app.close();
    },
    get url() {
      return `http://${reachable(options.host)}:${port}`;
    },
    get port() {
      return port;
    },
  };
}

async function listen(app: App, { host, port }: HttpServerOptions): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE")
      throw new CortensorError("port-in-use", `port ${port} is taken`, {
        why: [["why", `another process listens on ${host}:${port}`]],
        data: { host, port },
        try: `cortensor router start --port ${port + 1}`,
        cause: error,
      });
    if (code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
      throw new CortensorError("config-invalid", `the router cannot listen on ${host}:${port}`, {
        why: [
          ["why", code === "EACCES" ? "this user may not use the port" : "the host is not an address of this machine"],
        ],
        data: { host, port, code },
        try: "cortensor config explain router.host",
        cause: error,
      });
    throw error;
  }
}

/** An address that a client on this machine can call. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
