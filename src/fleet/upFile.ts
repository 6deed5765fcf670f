import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CortensorError } from "../errors/cortensorError.ts";
import { callControl } from "../node/control.ts";
import type { Home } from "../node/home.ts";
import { holderOf } from "../node/lock.ts";
import { damaged, readJson } from "../util/jsonFile.ts";
import { nodeRecords } from "./status/nodeRecords.ts";

const upSchema = z.looseObject({
  schema: z.literal("cortensor.up/1"),
  network: z.string().min(1),
  router_url: z.httpUrl().or(z.url({ protocol: /^https?$/ })),
  api_key: z.string().min(1),
});

/** Where prompts go, and the key that goes with them. */
export interface RouterAccess {
  /** Of OpenAI's interface: it ends in `/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** The router's network, where this home knows it. */
  readonly network: string | undefined;
}

export interface RouterSource {
  readonly home: Home;
  /** `--router`, which needs a key of its own. */
  readonly url?: string | undefined;
  /** `--api-key-file`; stronger than `CORTENSOR_API_KEY`. */
  readonly apiKeyFile?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * `--router`, else what `up` wrote, else a router that runs on its own in this home. Throws `not-running`, `option-value`,
 * and `home-damaged` for a file of `up` that cannot be understood.
 */
export async function findRouter({ home, url, apiKeyFile, env }: RouterSource): Promise<RouterAccess> {
  const asked = url === undefined ? undefined : withVersion(url);
  const given = apiKeyFile === undefined ? env.CORTENSOR_API_KEY : await readKey(apiKeyFile);
  const own = await ownRouter(home).catch((error: unknown) => {
    // Whoever names a router and its key does not depend on the state of this home.
    if (asked !== undefined) return undefined;
    throw error;
  });
  if (asked === undefined) {
    if (own !== undefined) return own;
    throw new CortensorError("not-running", "no router runs in this home", {
      why: [["why", `nothing runs from ${home.root}`]],
      try: "cortensor up --detach",
      data: { home: home.root },
    });
  }
  // The key of this home is for its own router alone: sent elsewhere, a stranger could spend with it.
  const isOwn = own !== undefined && new URL(own.baseUrl).origin === new URL(asked).origin;
  const key = given ?? (isOwn ? own.apiKey : undefined);
  return { baseUrl: asked, apiKey: key ?? "", network: isOwn ? own.network : undefined };
}

async function ownRouter(home: Home): Promise<RouterAccess | undefined> {
  const up = await readUp(home);
  // A supervisor that was killed leaves its file behind, while a router may run on its own by now.
  if (up !== undefined && holderOf(home, "fleet") !== undefined) return up;
  return (await runningRouter(home)) ?? up;
}

async function readUp(home: Home): Promise<RouterAccess | undefined> {
  const content = await readJson(home.upFile);
  if (content === undefined) return undefined;
  const parsed = upSchema.safeParse(content);
  if (parsed.success) {
    const { router_url, api_key, network } = parsed.data;
    return { baseUrl: withVersion(router_url), apiKey: api_key, network };
  }
  const issue = parsed.error.issues[0];
  throw damaged(home.upFile, {
    reason: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`,
    cause: parsed.error,
  });
}

async function runningRouter(home: Home): Promise<RouterAccess | undefined> {
  for (const { name, role, network } of await nodeRecords(home)) {
    if (role !== "router") continue;
    const { socket, folder } = home.node(name);
    const facts = (await callControl(socket, "GET /facts").catch(() => undefined)) as
      | { readonly url?: unknown }
      | undefined;
    if (typeof facts?.url !== "string") continue;
    // A router that has just stopped takes its key along when its folder goes.
    const key = await readFile(join(folder, "api.key"), "utf8").catch(() => "");
    if (key.trim() !== "") return { baseUrl: withVersion(facts.url), apiKey: key.trim(), network };
  }
  return undefined;
}

async function readKey(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new CortensorError("option-value", `the key file ${file} cannot be read`, {
      why: [["seen", (error as Error).message]],
      try: "cortensor env",
      data: { option: "api-key-file", file },
      cause: error,
    });
  }
  const key = text.trim();
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new CortensorError("option-value", `the key file ${file} holds no key`, {
    why: [["needed", "one line, such as ck_7Qm2"]],
    try: "cortensor env",
    data: { option: "api-key-file", file },
  });
}

/** People give `http://host:port`; OpenAI's base URL ends in `/v1`. */
function withVersion(url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new CortensorError("option-value", `--router takes an http or https address, not ${url}`, {
      why: [["needed", "something like http://127.0.0.1:5010/v1"]],
      try: "cortensor submit ... --router http://127.0.0.1:5010/v1",
      data: { option: "router", value: url },
    });
  const whole = url.replace(/\/+$/, "");
  return whole.endsWith("/v1") ? whole : `${whole}/v1`;
}
