import { z } from "zod";
import { signInfo } from "../../protocol/nodeInfo.ts";
import { hashSchema } from "../../protocol/schemas.ts";
import type { App } from "./app.ts";
import type { HttpServerDeps } from "./context.ts";

const NO_NONCE = `0x${"00".repeat(32)}` as const;

interface Deps extends HttpServerDeps {
  readonly software: string;
  readonly network: string;
  readonly practice: boolean;
  isDraining(): boolean;
}

/** What needs no key: whether the process lives and serves, what it measures, and who it is. */
export function addOperationsRoutes(app: App, deps: Deps): void {
  const { router, metrics, chain, signer } = deps;
  const open = { config: { always: true, rateLimit: false } } as const;
  app.get("/healthz", { ...open, schema: { summary: "Whether the process lives" } }, () => ({ ok: true }));
  app.get("/readyz", { ...open, schema: { summary: "Whether a task could be served now" } }, (_, reply) => {
    const reason = deps.isDraining() || router.draining ? "this router is stopping" : "no miner is connected";
    const ready = router.ready && !deps.isDraining();
    return reply.code(ready ? 200 : 503).send(ready ? { ready } : { ready, reason });
  });
  app.get("/metrics", { ...open, schema: { summary: "Measurements for Prometheus" } }, async (_, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
  app.get(
    "/api/v1/info",
    {
      schema: {
        summary: "Who this router is, signed by its key",
        querystring: z.object({ nonce: hashSchema.optional() }),
      },
    },
    ({ query }) => {
      const { chainId, runtime } = chain.domain;
      return signInfo(
        {
          address: signer.address,
          network: deps.network,
          practice: deps.practice,
          chain_id: chainId,
          runtime,
          software: deps.software,
          block_time: chain.head().timestamp,
          nonce: query.nonce ?? NO_NONCE,
        },
        (hash) => signer.sign(hash),
      );
    },
  );
}
