import { AuditCounts } from "../audit/auditCounts.ts";
import { ChainDraws } from "../audit/chainDraws.ts";
import type { DrawSource } from "../audit/sampleDesk.ts";
import type { Chain } from "../chain/interface.ts";

/** What every role here takes for the draw of an epoch. */
export function newDraws(chain: Chain): DrawSource {
  const counts = new AuditCounts({ chain });
  return new ChainDraws({ chain, auditsThrough: (epoch) => counts.through(epoch) });
}
