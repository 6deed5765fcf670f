import { createServer } from "node:net";
import { CortensorError } from "../../errors/cortensorError.ts";
import type { NodeFacts } from "../../observability/snapshot.ts";
import { type Finding, failed, ok, skipped, warn } from "./finding.ts";
import type { Check } from "./ground.ts";

const ASK_MS = 3000;

/** The routers of this home answer and are ready; where none runs, the port is free for one. */
export const router: Check = async ({ settings, facts, node, records }) => {
  const routers = facts.filter(({ role }) => role === "router");
  if (routers.length > 0) return (await Promise.all(routers.map(ofRouter))).flat();
  if (node !== undefined && records.every(({ role }) => role !== "router")) return [];
  if (settings instanceof CortensorError) return [skipped("router", "the settings cannot be read")];
  const { host, port } = settings.router;
  if (port === 0) return [skipped("port", "any free one is taken")];
  return [routerPort(port, await isFree(host, port))];
};

/** Miners of this home have a line to a router. */
export const miners: Check = async ({ facts }) =>
  facts.filter(({ role }) => role === "miner").map((one) => minerLine(one));

export function minerLine({
  name,
  state,
  stateReason,
  peers,
}: Pick<NodeFacts, "name" | "state" | "stateReason" | "peers">): Finding {
  const lines = peers.filter(({ connected }) => connected).length;
  if (lines > 0) return ok("miner", `${name} is ${state}, connected to ${count(lines, "router")}`);
  return warn("miner", `${name} is ${state}: ${stateReason ?? "no router is connected"}`, "cortensor router start");
}

export function routerPort(port: number, isFree: boolean): Finding {
  if (isFree) return ok("port", `${port} is free for a router`);
  return failed(
    "port",
    `${port} is taken by another program, and no router of this home runs`,
    `cortensor up --port ${port + 1}`,
  );
}

async function ofRouter(facts: NodeFacts): Promise<Finding[]> {
  const { name, url, peers } = facts;
  if (url === null) return [warn("router", `${name} has no HTTP interface`, `cortensor logs ${name}`)];
  const base = url.replace(/\/v1\/?$/, "");
  const [health, ready] = await Promise.all([statusOf(`${base}/healthz`), statusOf(`${base}/readyz`)]);
  const connected = peers.filter(({ connected }) => connected).length;
  return [routerLine({ name, base, health, ready }), minersOf(name, connected)];
}

export interface RouterAnswers {
  readonly name: string;
  readonly base: string;
  /** HTTP statuses; undefined when there was no answer. */
  readonly health: number | undefined;
  readonly ready: number | undefined;
}

export function routerLine({ name, base, health, ready }: RouterAnswers): Finding {
  if (health !== 200) {
    const seen = health === undefined ? "does not answer" : `answers HTTP ${health}`;
    return { ...failed("router", `${name} ${seen} at ${base}/healthz`, `cortensor logs ${name}`), isNetwork: true };
  }
  if (ready !== 200)
    return warn("router", `${name} answers at ${base} and is not ready for a task`, "cortensor status");
  return ok("router", `${name} is ready at ${base}`);
}

export function minersOf(name: string, connected: number): Finding {
  if (connected === 0) return warn("miners", `no miner is connected to ${name}`, "cortensor miner start");
  return ok("miners", `${count(connected, "miner")} connected to ${name}`);
}

async function statusOf(url: string): Promise<number | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ASK_MS) });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    // No answer is what is told of.
    return undefined;
  }
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
