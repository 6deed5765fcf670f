import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CortensorError } from "../errors/cortensorError.ts";
import { callControl } from "../node/control.ts";
import type { Home } from "../node/home.ts";
import { nodeRecords } from "./status/nodeRecords.ts";
import { readJson } from "../util/jsonFile.ts";

const upSchema = z.object({ router_url: z.url(), api_key: z.string().min(1) });

/** Where prompts go, and the key that goes with them. */
export interface RouterAccess {
  readonly baseUrl: string;
  readonly apiKey: string;
}

export interface RouterSource {
  readonly home: Home;
  /** `--router`, which needs a key of its own. */
  readonly url: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** `--router`, else what `up` wrote, else a router that runs on its own in this home. Throws `not-running`. */
export async function findRouter({ home, url, env }: RouterSource): Promise<RouterAccess> {
  const up = upSchema.safeParse(await readJson(home.upFile));
  const own = up.success ? { baseUrl: up.data.router_url, apiKey: up.data.api_key } : await runningRouter(home);
  const key = env.CORTENSOR_API_KEY;
  if (url !== undefined) return { baseUrl: withVersion(url), apiKey: key ?? own?.apiKey ?? "" };
  if (own !== undefined) return own;
  throw new CortensorError("not-running", "no router runs in this home", { try: "cortensor up --detach" });
}

async function runningRouter(home: Home): Promise<RouterAccess | undefined> {
  for (const { name, role } of await nodeRecords(home)) {
    if (role !== "router") continue;
    const { socket, folder } = home.node(name);
    const facts = (await callControl(socket, "GET /facts").catch(() => undefined)) as
      | { url?: string | null }
      | undefined;
    if (typeof facts?.url !== "string") continue;
    return { baseUrl: facts.url, apiKey: (await readFile(join(folder, "api.key"), "utf8")).trim() };
  }
  return undefined;
}

/** People give `http://host:port`; OpenAI's base URL ends in `/v1`. */
function withVersion(url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new CortensorError("option-value", `--router takes an http or https address, not ${url}`, {
      try: "cortensor submit ... --router http://127.0.0.1:5010",
      data: { option: "router", value: url },
    });
  const whole = url.replace(/\/+$/, "");
  return whole.endsWith("/v1") ? whole : `${whole}/v1`;
}
