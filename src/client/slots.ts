import { z } from "zod";
import { CortensorError } from "../errors/cortensorError.ts";

const minersSchema = z.looseObject({
  miners: z.array(
    z.looseObject({ connected: z.boolean(), slots: z.looseObject({ busy: z.number(), total: z.number() }) }),
  ),
});

/** The slots of all connected miners, from `GET /api/v1/miners`. */
export function slotsOf(json: unknown): { readonly busy: number; readonly total: number } {
  const parsed = minersSchema.safeParse(json);
  if (!parsed.success) throw new CortensorError("peer-protocol", "the router sent no list of miners");
  const connected = parsed.data.miners.filter((miner) => miner.connected);
  return {
    busy: connected.reduce((sum, { slots }) => sum + slots.busy, 0),
    total: connected.reduce((sum, { slots }) => sum + slots.total, 0),
  };
}
