import { CortensorClient } from "../../client/index.ts";
import { findRouter } from "../../fleet/upFile.ts";
import type { Context } from "../context.ts";
import { pick } from "../flag.ts";
import { networkFlags } from "../submit/submitFlags.ts";

/** Which router's tasks, and with whose key: found as `submit` finds them. */
export const routerSection = { title: "Network", flags: pick(networkFlags, ["router", "apiKeyFile"]) } as const;

export async function openTasks(
  { home, env }: Pick<Context, "home" | "env">,
  { router, apiKeyFile }: { readonly router: string | undefined; readonly apiKeyFile: string | undefined },
): Promise<CortensorClient> {
  return new CortensorClient(await findRouter({ home, env, url: router, apiKeyFile }));
}
