import type { Context } from "../context.ts";
import { runUp } from "./up.ts";
import { networkFlags } from "./upFlags.ts";

interface Wishes {
  readonly model?: string | undefined;
  readonly engine: string;
  readonly script?: string | undefined;
  readonly slots: number;
  readonly detach: boolean;
  readonly tui: boolean;
}

/** A miner without a chain and a router has no work: on `local` the whole practice network comes up around one miner. */
export async function minerAlone(ctx: Context, { model, engine, script, slots, detach, tui }: Wishes): Promise<number> {
  ctx.note(" Nothing runs here yet, so a chain and a router come up beside the miner (local, practice).");
  const { routers, validators, epoch, host, port, chainPort } = networkFlags;
  return await runUp(ctx, {
    miners: 1,
    routers: routers.default,
    validators: validators.default,
    epoch: epoch.default,
    host: host.default,
    port: port.default,
    chainPort: chainPort.default,
    model,
    engine,
    script,
    slots,
    chaos: undefined,
    detach,
    tui,
    ask: undefined,
    once: false,
  });
}
