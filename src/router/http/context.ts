import type { Chain } from "../../chain/interface.ts";
import type { Signer } from "../../keys/interface.ts";
import type { Log } from "../../observability/log.ts";
import type { Metrics } from "../../observability/metrics.ts";
import type { StatusSnapshot } from "../../observability/snapshot.ts";
import type { Clock } from "../../util/types.ts";
import type { AnsweringRouter } from "./answeringRouter.ts";
import type { BatchOptions } from "./batches/limits.ts";

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly bodyBytes: number;
  /** For each key, and for each address that sends none. */
  readonly requestsPerMinute: number;
  /** Origins with commas between, or `*`. */
  readonly cors: string;
  readonly apiKeys: readonly string[];
  readonly network: string;
  readonly practice: boolean;
  readonly software: string;
  /** Files and batches are kept where this says; without it there are none. */
  readonly batches?: BatchOptions;
  /** Time that running answers have at a stop; 3 s when absent. */
  readonly drainMs?: number;
}

export interface HttpServerDeps {
  readonly router: AnsweringRouter;
  readonly metrics: Metrics;
  readonly log: Log;
  /** The node's key, which signs who this router is. */
  readonly signer: Signer;
  readonly chain: Pick<Chain, "domain" | "head" | "epoch">;
  readonly clock: Clock;
  /** What `GET /api/v1/status` shows. */
  status?(): Promise<StatusSnapshot>;
}
