import { existsSync } from "node:fs";
import { PresetFolder } from "../../config/index.ts";
import { callControl } from "../../node/control.ts";
import type { Home } from "../../node/home.ts";
import { holderOf } from "../../node/lock.ts";
import type { NodeFacts, ProcessStatus, StatusSnapshot } from "../../observability/snapshot.ts";
import { systemClock } from "../../util/clock.ts";
import type { Clock } from "../../util/types.ts";
import { assembleStatus } from "./assembleStatus.ts";
import { type NodeRecord, nodeRecords } from "./nodeRecords.ts";
import type { UnreachableNode } from "./unreachableNode.ts";

export interface CollectOptions {
  readonly home: Home;
  readonly clock?: Clock;
  /** The snapshot before this one, see `StatusParts`. */
  readonly earlier?: StatusSnapshot | undefined;
}

/** The supervisor's name among the sockets of a home. */
const FLEET = "fleet";
const ASK_MS = 1000;
/** A process younger than this that does not answer is starting. */
const YOUNG_MS = 60_000;

/** Asks every process of a home how it is and puts the answers together. Takes 1 s at most; never throws for a silent one. */
export async function collectStatus({ home, clock = systemClock, earlier }: CollectOptions): Promise<StatusSnapshot> {
  const [fleet, seen] = await Promise.all([
    askFleet(home),
    nodeRecords(home).then((records) => Promise.all(records.map((record) => look(record, home, clock)))),
  ]);
  const facts = seen.flatMap((one) => ("facts" in one ? [one.facts] : []));
  const unreachable = seen.flatMap((one) => {
    if ("unreachable" in one) return [one.unreachable];
    // A child that ended by itself took its pid file with it too; its supervisor still wants it.
    const wanted = "stopped" in one && fleet?.processes.some(({ name }) => name === one.stopped.name) === true;
    return wanted ? [gone(one.stopped, clock)] : [];
  });
  const network = facts[0]?.network ?? unreachable[0]?.network;
  const preset = network === undefined ? undefined : await findPreset(home, network);
  return assembleStatus({ facts, unreachable, fleet, preset, now: clock.now(), earlier });
}

/** Snapshots of a home one after another: each knows the one before. */
export function statusReader(options: Omit<CollectOptions, "earlier">): () => Promise<StatusSnapshot> {
  let earlier: StatusSnapshot | undefined;
  return async () => (earlier = await collectStatus({ ...options, earlier }));
}

type Seen =
  | { readonly facts: NodeFacts }
  | { readonly unreachable: UnreachableNode }
  | { readonly stopped: NodeRecord };

async function look(record: NodeRecord, home: Home, clock: Clock): Promise<Seen> {
  const paths = home.node(record.name);
  const answer = await ask(paths.socket);
  if (isFacts(answer)) return { facts: answer };
  const holder = holderOf(home, record.name);
  if (holder !== undefined) {
    const young = clock.now() - Date.parse(holder.since) < YOUNG_MS;
    const why = young ? "starting" : "silent";
    return { unreachable: { ...record, why, pid: holder.pid, since: holder.since } };
  }
  // A node that was stopped takes its pid file with it.
  return existsSync(paths.pidFile) ? { unreachable: gone(record, clock) } : { stopped: record };
}

function gone(record: NodeRecord, clock: Clock): UnreachableNode {
  return { ...record, why: "gone", pid: null, since: new Date(clock.now()).toISOString() };
}

async function askFleet(home: Home): Promise<{ readonly processes: readonly ProcessStatus[] } | undefined> {
  const answer = await ask(home.node(FLEET).socket);
  const processes = (answer as { readonly processes?: unknown } | undefined)?.processes;
  return Array.isArray(processes) ? { processes: processes as ProcessStatus[] } : undefined;
}

async function ask(socket: string): Promise<unknown> {
  return callControl(socket, "GET /facts", ASK_MS).catch(() => undefined);
}

function isFacts(answer: unknown): answer is NodeFacts {
  return (answer as { readonly schema?: unknown } | undefined)?.schema === "cortensor.facts/1";
}

async function findPreset(home: Home, network: string) {
  // Without its preset a network still has nodes to show.
  return new PresetFolder(home.networksFolder).find(network).catch(() => undefined);
}
