import type { SessionState } from "../../chain/interface.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { onNetwork, presetInUse } from "../../node/openNetwork.ts";
import type { Hex } from "../../util/types.ts";
import type { Context } from "../context.ts";
import { collectSessions } from "./collectSessions.ts";
import { sessionViews, type SessionView } from "./sessionView.ts";

/** Every session that nodes of this home tell of, with its state on the chain when that answers. Throws `not-running`. */
export async function readSessions(ctx: Context): Promise<readonly SessionView[]> {
  const { name: network } = await presetInUse(ctx);
  const { told, silent } = await collectSessions(ctx.home, network);
  if (told.length === 0 && silent.length > 0)
    throw new CortensorError("not-running", "no node of this home runs, and only nodes know their sessions", {
      why: [["known", silent.join(", ")]],
      try: "cortensor up",
      data: { nodes: silent },
    });
  for (const name of silent) ctx.note(`${name} does not run: sessions that only it knows are not shown`);
  const ids = [...new Set(told.map(({ id }) => id))];
  return sessionViews(told, ids.length === 0 ? new Map() : await states(ctx, ids));
}

async function states(ctx: Context, ids: readonly Hex[]): Promise<Map<Hex, SessionState | undefined> | undefined> {
  try {
    return await onNetwork(
      ctx,
      async ({ chain }) => new Map(await Promise.all(ids.map(async (id) => [id, await chain.session(id)] as const))),
    );
  } catch (error) {
    if (!(error instanceof CortensorError) || error.code !== "rpc-unreachable") throw error;
    ctx.note(`Deposits are not known: ${error.message}`);
    return undefined;
  }
}
