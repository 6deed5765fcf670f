import { nodeRecords } from "../../fleet/status/nodeRecords.ts";
import { callControl } from "../../node/control.ts";
import type { Home } from "../../node/home.ts";
import type { SessionFacts } from "../../node/sessionFacts.ts";

/** A session as one node of this home tells of it. */
export interface Told extends SessionFacts {
  readonly node: string;
}

/** Asks the nodes of this home that run; `silent` names the others of the network. */
export async function collectSessions(
  home: Home,
  network: string,
): Promise<{ readonly told: readonly Told[]; readonly silent: readonly string[] }> {
  const records = (await nodeRecords(home)).filter((record) => record.network === network);
  const answers = await Promise.all(records.map(async ({ name }) => ({ name, sessions: await ask(home, name) })));
  return {
    told: answers.flatMap(({ name, sessions }) => (sessions ?? []).map((one) => ({ ...one, node: name }))),
    silent: answers.filter(({ sessions }) => sessions === undefined).map(({ name }) => name),
  };
}

async function ask(home: Home, name: string): Promise<readonly SessionFacts[] | undefined> {
  const answer = await callControl(home.node(name).socket, "GET /sessions").catch(() => undefined);
  const sessions = (answer as { readonly sessions?: unknown } | undefined)?.sessions;
  return Array.isArray(sessions) ? (sessions as SessionFacts[]) : undefined;
}
