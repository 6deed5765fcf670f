import type { NetworkPreset } from "../../chain/interface.ts";
import type { Settings } from "../../config/tree.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { type NodeRecord, nodeRecords } from "../../fleet/status/nodeRecords.ts";
import type { NodeFacts } from "../../observability/snapshot.ts";
import type { Clock } from "../../util/types.ts";
import { callControl } from "../control.ts";
import type { Home } from "../home.ts";
import { type NetworkSource, presetInUse } from "../openNetwork.ts";
import type { Finding } from "./finding.ts";

/** What all checks look at; read once. A part that could not be read is the error for which it could not. */
export interface DoctorGround {
  readonly home: Home;
  readonly clock: Clock;
  readonly settings: Settings | CortensorError;
  readonly preset: NetworkPreset | CortensorError;
  /** Nodes of this home in the network in use, or the one that is asked about. */
  readonly records: readonly NodeRecord[];
  /** The node that is asked about, when it is only one. */
  readonly node: string | undefined;
  /** Of those that run. */
  readonly facts: readonly NodeFacts[];
}

/** One subject of the doctor. It looks, judges, and changes nothing. */
export type Check = (ground: DoctorGround) => Promise<readonly Finding[]>;

/** Throws `option-value` when this home has no node of the name asked about. */
export async function gatherGround(source: NetworkSource, node: string | undefined): Promise<DoctorGround> {
  const { home, clock } = source;
  const [settings, preset, all] = await Promise.all([
    orError(source.settings()),
    orError(presetInUse(source)),
    nodeRecords(home),
  ]);
  if (node !== undefined && !all.some(({ name }) => name === node)) throw unknown(node, all);
  const network = preset instanceof CortensorError ? undefined : preset.name;
  const records = all.filter((one) => (node === undefined ? one.network === network : one.name === node));
  const facts = await Promise.all(records.map(({ name }) => factsOf(home, name)));
  return { home, clock, settings, preset, records, node, facts: facts.filter((one) => one !== undefined) };
}

async function orError<T>(work: Promise<T>): Promise<T | CortensorError> {
  return work.catch((error: unknown) => {
    if (error instanceof CortensorError) return error;
    throw error;
  });
}

async function factsOf(home: Home, name: string): Promise<NodeFacts | undefined> {
  const answer = await callControl(home.node(name).socket, "GET /facts").catch(() => undefined);
  return (answer as { readonly schema?: unknown } | undefined)?.schema === "cortensor.facts/1"
    ? (answer as NodeFacts)
    : undefined;
}

function unknown(node: string, all: readonly NodeRecord[]): CortensorError {
  return new CortensorError("option-value", `this home has no node ${node}`, {
    why: [["known", all.length === 0 ? "none" : all.map(({ name }) => name).join(", ")]],
    try: "cortensor node list",
    data: { node },
  });
}
