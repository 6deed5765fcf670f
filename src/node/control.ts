import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from "node:http";
import { chmod, rm } from "node:fs/promises";
import { ERRORS } from "../errors/catalogue.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Startable } from "../util/types.ts";
import { socketFolder } from "./home.ts";

/** What a process answers on its control socket; each returns a JSON record. */
export interface ControlRoutes {
  readonly "GET /facts": () => unknown;
  readonly "GET /sessions"?: () => unknown;
  readonly "POST /stop": () => unknown;
  readonly "POST /redeem"?: () => unknown;
  /** The body is how miners misbehave from now on; empty is not at all. */
  readonly "POST /chaos"?: (body: string) => unknown;
}

/** More than anybody has to say here. */
const MOST_BODY_BYTES = 4096;

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
      void this.#answer(request, response);
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

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = `${request.method} ${request.url}`;
    const handler = this.#routes[route as keyof ControlRoutes];
    if (handler === undefined) return send(response, 404, { error: { message: `no ${route} here` } });
    try {
      send(response, 200, await handler(await bodyOf(request)));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (!(error instanceof CortensorError)) return send(response, 500, { error: { message } });
      send(response, ERRORS[error.code].status, { error: { code: error.code, message, why: error.details.why ?? [] } });
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.byteLength;
    if (bytes > MOST_BODY_BYTES) throw new CortensorError("body-too-large", `more than ${MOST_BODY_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
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
  return (await exchange({ socketPath, route, timeoutMs, body: "" })).reply;
}

/** As `callControl`, with something to say; resolves with whether it was taken. */
export async function tellControl(socketPath: string, route: keyof ControlRoutes, body: string): Promise<boolean> {
  return (await exchange({ socketPath, route, timeoutMs: 2000, body })).status === 200;
}

interface Call {
  readonly socketPath: string;
  readonly route: keyof ControlRoutes;
  readonly timeoutMs: number;
  readonly body: string;
}

async function exchange({ socketPath, route, timeoutMs, body }: Call): Promise<{ status: number; reply: unknown }> {
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
          const reply: unknown = JSON.parse(Buffer.concat(parts).toString("utf8"));
          resolve({ status: response.statusCode ?? 0, reply });
        } catch (error) {
          failed(error);
        }
      });
    });
    call.once("timeout", () => call.destroy(new Error(`no answer in ${timeoutMs} ms`)));
    call.once("error", failed);
    call.end(body);
  });
}
