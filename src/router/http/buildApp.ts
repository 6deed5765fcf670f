import type { Socket } from "node:net";
import { randomUUID } from "node:crypto";
import rateLimit from "@fastify/rate-limit";
import { type ConnectionError, fastify } from "fastify";
import { validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { CortensorError } from "../../errors/cortensorError.ts";
import type { App } from "./app.ts";
import { ApiKeys } from "./apiKeys.ts";
import type { HttpServerDeps, HttpServerOptions } from "./context.ts";
import { addBatches } from "./batches/addBatches.ts";
import { Cors } from "./cors.ts";
import { errorReply } from "./errorReply.ts";
import { addEpochRoutes } from "./epochRoutes.ts";
import { createHttpMetrics, type HttpMetrics } from "./httpMetrics.ts";
import { addNetworkRoutes } from "./networkRoutes.ts";
import { addOpenAi } from "./openAi.ts";
import { addOpenApi } from "./openApi.ts";
import { addOperationsRoutes } from "./operationsRoutes.ts";
import { RequestError } from "./requestError.ts";
import { RouteTable } from "./routeTable.ts";
import { addTaskRoutes } from "./taskRoutes.ts";
import type { Running } from "./running.ts";

/** A client has this long to send its request. */
const REQUEST_MS = 60_000;

export interface AppDeps extends HttpServerDeps {
  readonly running: Running;
  isDraining(): boolean;
}

/** The web server with all its routes, not yet listening. */
export async function buildApp(options: HttpServerOptions, deps: AppDeps): Promise<App> {
  const app: App = fastify({
    bodyLimit: options.bodyBytes,
    requestTimeout: REQUEST_MS,
    routerOptions: { maxParamLength: 512 },
    forceCloseConnections: true,
    // Our own hook answers while we stop, in the shape that clients know.
    return503OnClosing: false,
    genReqId: ({ headers }) => shortId(headers["x-request-id"]) ?? randomUUID(),
    clientErrorHandler: answerBadConnection,
    frameworkErrors: (error, request, reply) => {
      const { status, body } = errorReply(error, request.id);
      reply.raw.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  app.removeContentTypeParser("text/plain");
  const metrics = createHttpMetrics(deps.metrics, { router: deps.router, waiting: () => deps.running.waiting });
  addHooks(app, { options, deps, metrics });
  const routes = new RouteTable();
  app.addHook("onRoute", ({ url, method }) => routes.add(url, method));
  await addOpenApi(app, options.software);
  await app.register(rateLimit, {
    max: options.requestsPerMinute,
    timeWindow: 60_000,
    keyGenerator: ({ account, ip }) => account ?? ip,
    errorResponseBuilder: (_, { ttl, max }) =>
      new CortensorError("rate-limited", `more than ${max} requests in a minute`, {
        data: { retryAfterS: ttl / 1000 },
      }),
  });
  addErrors(app, { deps, routes });
  addOperationsRoutes(app, { ...deps, ...options });
  await app.register(async (open) => addEpochRoutes(open.withTypeProvider<ZodTypeProvider>(), deps));
  await app.register(async (keyed) => {
    // After the rate limit, so that guessing keys is limited by address.
    keyed.addHook("preParsing", async (request, _, payload) => {
      if (request.account === undefined) throw wrongKey(request.headers.authorization);
      return await Promise.resolve(payload);
    });
    addOpenAi(keyed.withTypeProvider<ZodTypeProvider>(), { ...deps, metrics });
    addNetworkRoutes(keyed.withTypeProvider<ZodTypeProvider>(), deps);
    addTaskRoutes(keyed.withTypeProvider<ZodTypeProvider>(), deps);
    if (options.batches !== undefined)
      await addBatches(keyed.withTypeProvider<ZodTypeProvider>(), options.batches, { ...deps, measured: metrics });
  });
  return app;
}

function addHooks(
  app: App,
  { options, deps, metrics }: { options: HttpServerOptions; deps: AppDeps; metrics: HttpMetrics },
): void {
  const keys = new ApiKeys(options.apiKeys);
  const cors = new Cors(options.cors);
  app.decorateRequest("account", undefined);
  app.addHook("onRequest", (request, reply, next) => {
    const begun = deps.clock.now();
    reply.raw.once("close", () => {
      const status = reply.raw.writableFinished ? reply.raw.statusCode : 499;
      const route = request.routeOptions.url ?? "unknown";
      metrics.requests.add(1, { route, status: String(status) });
      const durationMs = deps.clock.now() - begun;
      deps.log.debug("request", { request: request.id, method: request.method, route, status, durationMs });
    });
    void reply.header("x-request-id", request.id);
    if (cors.handle(request, reply)) return void reply.code(204).send();
    request.account = keys.find(request.headers.authorization);
    if (!deps.isDraining() || request.routeOptions.config.always === true) return next();
    void reply.header("connection", "close");
    next(new CortensorError("no-capacity", "this router is stopping", { try: "cortensor status" }));
  });
}

function addErrors(app: App, { deps, routes }: { deps: AppDeps; routes: RouteTable }): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, headers, body, internal } = errorReply(error, request.id);
    if (internal) deps.log.error("request failed", { request: request.id, route: request.routeOptions.url }, error);
    return reply.code(status).headers(headers).send(body);
  });
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, (request, reply) => {
    const path = request.url.replace(/\?.*$/s, "");
    const allowed = routes.methodsOf(path);
    if (allowed.length > 0) void reply.header("allow", allowed.join(", "));
    throw allowed.length > 0
      ? new RequestError("method-not-allowed", `${path} does not take ${request.method}`, {
          advice: `Use ${allowed.join(" or ")}.`,
        })
      : new RequestError("not-found", `there is nothing at ${request.method} ${path.slice(0, 200)}`, {
          advice: "GET /openapi.json lists what there is; OpenAI's paths begin with /v1.",
        });
  });
}

function wrongKey(authorization: string | undefined): RequestError {
  const given = authorization !== undefined;
  return new RequestError(
    "unauthorised",
    given ? "this API key is not one of this router's" : "the request has no API key",
    { advice: "Send Authorization: Bearer KEY; cortensor env prints the key of this installation." },
  );
}

/** What a client may choose as the name of its request. */
function shortId(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" && /^[\w.:-]{1,128}$/.test(header) ? header : undefined;
}

/** Bytes that are no HTTP, or headers that do not end: there is no request to reply to. */
function answerBadConnection(error: ConnectionError, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const late = error.code === "ERR_HTTP_REQUEST_TIMEOUT";
  const status = late ? 408 : error.code === "HPE_HEADER_OVERFLOW" ? 431 : 400;
  const phrase = late ? "Request Timeout" : status === 431 ? "Request Header Fields Too Large" : "Bad Request";
  const refused = new RequestError(
    "bad-request",
    late ? "the request did not come in time" : "this is no HTTP request",
    {
      status,
      advice: "Send it again.",
    },
  );
  const body = JSON.stringify(errorReply(refused, "").body);
  const head = `HTTP/1.1 ${status} ${phrase}\r\ncontent-type: application/json\r\nconnection: close\r\n`;
  socket.end(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
