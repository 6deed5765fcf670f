import { z } from "zod";
import { bundleJson, partLeaf, type ReceiptBundle } from "../../protocol/receiptBundle.ts";
import { hashSchema } from "../../protocol/schemas.ts";
import type { AnsweringRouter } from "./answeringRouter.ts";
import type { App } from "./app.ts";
import type { HttpServerDeps } from "./context.ts";
import { KEYED } from "./keyed.ts";
import { RequestError } from "./requestError.ts";

/** A receipt with the way to what was posted on chain, once that is known. */
function withAnchors(bundle: ReceiptBundle, router: AnsweringRouter): ReceiptBundle {
  const anchors = bundle.parts.flatMap((part) => router.proofOf(partLeaf(part)) ?? []);
  return anchors.length === 0 ? bundle : { ...bundle, anchors };
}

/** This network's own interface. */
export function addNetworkRoutes(app: App, deps: HttpServerDeps): void {
  const { router } = deps;
  app.get("/api/v1/miners", { schema: { ...KEYED, summary: "Connected miners" } }, () => ({
    schema: "cortensor.miners/1",
    miners: router.peers().map((peer) => ({
      address: peer.address,
      name: peer.name,
      connected: peer.connected,
      rtt_ms: peer.rttMs,
      slots: peer.slots,
      ttft_ms: peer.ttftMs,
      tokens_per_second: peer.tokensPerSecond,
      finished: peer.finished,
      broken: peer.broken,
      reputation: peer.reputation,
    })),
  }));
  app.get(
    "/api/v1/receipts/:taskId",
    { schema: { ...KEYED, summary: "The receipt of an answer", params: z.object({ taskId: hashSchema }) } },
    ({ params, account }) => {
      const bundle = router.receipt(params.taskId);
      // A receipt has the prompt in it, so it is shown to whoever asked it and to nobody else.
      if (bundle !== undefined && bundle.task.account === account) return bundleJson(withAnchors(bundle, router));
      throw new RequestError("not-found", `there is no receipt of the task ${params.taskId} for this key`, {
        param: "taskId",
        advice: "The header x-cortensor-task of an answer names its task.",
      });
    },
  );
  if (deps.status === undefined) return;
  app.get("/api/v1/status", { schema: { ...KEYED, summary: "What runs and how it is" } }, () => deps.status?.());
}
