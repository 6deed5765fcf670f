import { createServer, request as httpRequest, type Server, type ServerResponse } from "node:http";
import { chmod, rm } from "node:fs/promises";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Startable } from "../util/types.ts";
import { socketFolder } from "./home.ts";

/** What a process answers on its control socket; each returns a JSON record. */
export interface ControlRoutes {
  readonly "GET /facts": () => unknown;
  readonly "GET /sessions"?: () => unknown;
  readonly "POST /stop": () => unknown;
  readonly "POST /redeem"?: () => unknown;
}

/** HTTP on a Unix socket that only this user can open: how the other commands of this home reach a running process. */
export class ControlSocket implements Startable {
  readonly #path: string;
  readonly #routes: ControlRoutes;
  #server: Server | undefined;

  constructor(path: string, routes: ControlRoutes) {
    this.#path = path;
    this.#routes = routes;
  }

  async start(): Promise<void> {
    await socketFolder(this.#path);
    // The lock of this node is held, so a socket that is there was left by a process that died.
    if (process.platform !== "win32") await rm(this.#path, { force: true });
    const server = createServer((request, response) => {
      void this.#answer(`${request.method} ${request.url}`, response);
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#path, resolve);
    });
    if (process.platform !== "win32") await chmod(this.#path, 0o600);
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  async #answer(route: string, response: ServerResponse): Promise<void> {
    const handler = this.#routes[route as keyof ControlRoutes];
    if (handler === undefined) return send(response, 404, { error: { message: `no ${route} here` } });
    try {
      send(response, 200, await handler());
    } catch (error) {
      send(response, 500, { error: { message: error instanceof Error ? error.message : String(error) } });
    }
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  // Made before the head is written, so that a failure can still be told. Money is decimal text.
  const text = JSON.stringify(body ?? {}, (_key, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
  response.writeHead(status, { "content-type": "application/json", connection: "close" });
  response.end(text);
}

/** Asks the process behind a control socket; throws `not-running` when nobody answers there in time. */
export async function callControl(socketPath: string, route: keyof ControlRoutes, timeoutMs = 2000): Promise<unknown> {
  const [method, path] = route.split(" ");
  return await new Promise((resolve, reject) => {
    const failed = (cause: unknown): void =>
      reject(new CortensorError("not-running", `no process answers at ${socketPath}`, { try: "cortensor up", cause }));
    const call = httpRequest({ socketPath, method, path, timeout: timeoutMs, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.once("error", failed);
      response.once("end", () => {
        try {
          resolve(JSON.parse(Buffer.concat(parts).toString("utf8")));
        } catch (error) {
          failed(error);
        }
      });
    });
    call.once("timeout", () => call.destroy(new Error(`no answer in ${timeoutMs} ms`)));
    call.once("error", failed);
    call.end();
  });
}
