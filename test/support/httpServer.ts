import { onTestFinished } from "vitest";
import { createSilentLog } from "../../src/observability/log.ts";
import { createMetrics } from "../../src/observability/metrics.ts";
import type { HttpServerDeps, HttpServerOptions } from "../../src/router/http/context.ts";
import { createHttpServer, type HttpServer } from "../../src/router/http/index.ts";
import { systemClock } from "../../src/util/clock.ts";
import { DOMAIN, FakeRouter } from "./fakeRouter.ts";

export const API_KEY = "ck_test-key";

export interface TestServer {
  readonly router: FakeRouter;
  readonly http: HttpServer;
  readonly url: string;
  /** Sends a request with the key and JSON. */
  call(path: string, init?: RequestInit & { readonly json?: unknown }): Promise<Response>;
}

/** An HTTP interface on a free port in front of a router by hand, stopped after the test. */
export async function httpServer(
  options: Partial<HttpServerOptions> = {},
  deps: Partial<HttpServerDeps> = {},
): Promise<TestServer> {
  const router = new FakeRouter();
  const metrics = createMetrics();
  const block = { number: 9, hash: `0x${"99".repeat(32)}`, timestamp: 1_790_000_000 } as const;
  const http = createHttpServer(
    {
      host: "127.0.0.1",
      port: 0,
      bodyBytes: 100_000,
      requestsPerMinute: 10_000,
      cors: "",
      apiKeys: [API_KEY],
      network: "local",
      practice: true,
      software: "1.0.0",
      ...options,
    },
    {
      router,
      metrics,
      log: createSilentLog(),
      signer: router.signer,
      chain: {
        domain: DOMAIN,
        head: () => block,
        epoch: () => ({ epoch: 9, epochSeconds: 60, endsAt: block.timestamp + 1 }),
      },
      clock: systemClock,
      ...deps,
    },
  );
  await http.start();
  onTestFinished(async () => {
    await http.stop();
    metrics.close();
  });
  return {
    router,
    http,
    url: http.url,
    call: (path, { json, headers, ...init } = {}) =>
      fetch(`${http.url}${path}`, {
        ...(json !== undefined && { method: "POST", body: JSON.stringify(json) }),
        ...init,
        headers: {
          authorization: `Bearer ${API_KEY}`,
          ...(json !== undefined && { "content-type": "application/json" }),
          ...(headers as Record<string, string>),
        },
      }),
  };
}

/** The fields of an answer, or of a chunk of one, that tests look at. */
export interface Reply {
  readonly id: string;
  readonly choices: readonly {
    readonly delta?: { readonly content?: string };
    readonly text?: string;
    readonly finish_reason: string | null;
    readonly logprobs: { readonly content: readonly unknown[] } | null;
  }[];
  readonly usage?: { readonly total_tokens: number } | null;
  readonly cortensor?: { readonly receipt: { readonly schema: string } };
}

export const chat = (text = "What is a dog?") => ({ messages: [{ role: "user", content: text }] });
