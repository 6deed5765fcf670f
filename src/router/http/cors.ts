import type { FastifyReply, FastifyRequest } from "fastify";

const SHOWN = "x-request-id, x-cortensor-task, x-cortensor-miner, x-cortensor-receipt, retry-after";
const METHODS = "GET, HEAD, POST";

/** Says which web pages a browser lets call this router: a list of origins, or `*`. */
export class Cors {
  readonly #all: boolean;
  readonly #origins: ReadonlySet<string>;

  /** Origins with commas between; empty: none. */
  constructor(list: string) {
    const origins = list
      .split(",")
      .map((origin) => origin.trim().replace(/\/$/, ""))
      .filter((origin) => origin !== "");
    this.#all = origins.includes("*");
    this.#origins = new Set(origins);
  }

  /** Sets the headers; true when the request was only a question about them and is answered now. */
  handle(request: FastifyRequest, reply: FastifyReply): boolean {
    const { origin } = request.headers;
    if (this.#origins.size > 0) void reply.header("vary", "Origin");
    if (origin === undefined || !(this.#all || this.#origins.has(origin))) return false;
    void reply.headers({
      "access-control-allow-origin": this.#all ? "*" : origin,
      "access-control-expose-headers": SHOWN,
    });
    const wanted = request.headers["access-control-request-method"];
    if (request.method !== "OPTIONS" || wanted === undefined) return false;
    const headers = request.headers["access-control-request-headers"];
    void reply.headers({
      "access-control-allow-methods": METHODS,
      "access-control-max-age": "600",
      ...(headers !== undefined && { "access-control-allow-headers": headers }),
    });
    return true;
  }
}
