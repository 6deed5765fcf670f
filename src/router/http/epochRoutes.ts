import { z } from "zod";
import type { Leaf } from "../../protocol/leaf.ts";
import { hashSchema } from "../../protocol/schemas.ts";
import type { Hex } from "../../util/types.ts";
import type { AnsweringRouter } from "./answeringRouter.ts";
import type { App } from "./app.ts";
import { RequestError } from "./requestError.ts";

const MAX_EPOCH = 0xffff_ffff;
const MOST_LEAVES = 2000;

/** What this router anchored, for everybody: receipts without what was asked or answered. It needs no key. */
export function addEpochRoutes(
  app: App,
  { router, chain }: { readonly router: AnsweringRouter; readonly chain: { epoch(): { readonly epoch: number } } },
): void {
  app.get(
    "/api/v1/epochs/:n",
    {
      schema: {
        summary: "An epoch's anchor and its leaves, in the order of their hashes",
        params: z.object({ n: z.coerce.number().int().min(0).max(MAX_EPOCH) }),
        querystring: z.object({
          after: hashSchema.optional(),
          limit: z.coerce.number().int().min(0).max(MOST_LEAVES).default(500),
        }),
      },
    },
    ({ params, query }) => {
      const anchor = router.anchorOf(params.n);
      if (anchor === undefined)
        throw new RequestError("not-found", `epoch ${params.n} is not over; it is epoch ${chain.epoch().epoch}`, {
          param: "n",
          advice: "Receipts of an epoch are listed once it is over.",
        });
      const { leaves, next } = pageOf(router.leaves(params.n, query.after), query.limit);
      return {
        schema: "cortensor.epoch/1",
        epoch: anchor.epoch,
        root: anchor.root,
        count: anchor.count,
        feeSum: String(anchor.feeSum),
        leaves,
        next,
      };
    },
  );
}

/** At most `limit` leaves; `next` is the one to go on after, null at the end. */
function pageOf(
  all: Iterable<readonly [hash: Hex, leaf: Leaf]>,
  limit: number,
): { leaves: readonly Record<string, unknown>[]; next: Hex | null } {
  const leaves: Record<string, unknown>[] = [];
  let last: Hex | null = null;
  for (const [hash, leaf] of all) {
    if (leaves.length >= limit) return { leaves, next: last };
    leaves.push({ leaf: hash, ...leaf, receipt: { ...leaf.receipt, fee: String(leaf.receipt.fee) } });
    last = hash;
  }
  return { leaves, next: null };
}
