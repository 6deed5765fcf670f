import type { NetworkPreset } from "../../chain/interface.ts";
import type {
  NetworkStatus,
  NodeFacts,
  NodeStatus,
  ProcessStatus,
  StatusSnapshot,
} from "../../observability/snapshot.ts";
import { attentionOf } from "./attention.ts";
import { gasOf, moneyOf } from "./earnings.ts";
import { answeringNode, silentNode } from "./nodeStatus.ts";
import { totalsOf } from "./totals.ts";
import type { UnreachableNode } from "./unreachableNode.ts";

export interface StatusParts {
  /** Of every node that answers. */
  readonly facts: readonly NodeFacts[];
  readonly unreachable: readonly UnreachableNode[];
  /** Of the supervisor, when one runs. */
  readonly fleet: { readonly processes: readonly ProcessStatus[] } | undefined;
  /** Of the network that the nodes are in. */
  readonly preset: NetworkPreset | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The one before: what it knew of nodes that no longer answer, and since when something needs the reader. */
  readonly earlier?: StatusSnapshot | undefined;
}

const LATELY = 20;

/** Puts one picture together from what the processes of a home tell. Pure. */
export function assembleStatus(parts: StatusParts): StatusSnapshot {
  const { facts, unreachable, fleet, preset, now, earlier } = parts;
  const at = new Date(now).toISOString();
  const nodes = nodesOf(parts, at);
  const processes = fleet?.processes ?? [];
  const network = networkOf({ facts, preset, earlier: earlier?.network });
  const networkUp = network?.reachable === true;
  const money = moneyOf(nodes, networkUp ? gasOf(facts) : null);
  return {
    schema: "cortensor.status/1",
    at,
    attention: attentionOf({ at, facts, unreachable, nodes, processes, money, networkUp }, earlier?.attention),
    network,
    totals: totalsOf(nodes, facts),
    money,
    nodes,
    processes,
    lately: latelyOf(facts),
  };
}

function nodesOf({ facts, unreachable, fleet, earlier }: StatusParts, at: string): NodeStatus[] {
  const routers = facts.filter(({ role }) => role === "router");
  const silent = unreachable.filter(({ name }) => !facts.some((one) => one.name === name));
  return [
    ...facts.map((one) => answeringNode(one, routers, at)),
    ...silent.map((node) =>
      silentNode(node, {
        process: fleet?.processes.find(({ name }) => name === node.name),
        earlier: earlier?.nodes.find(({ address }) => address === node.address),
      }),
    ),
  ].sort(inOrder);
}

const ROLES: readonly NodeStatus["role"][] = ["router", "miner", "validator"];

function inOrder(a: NodeStatus, b: NodeStatus): number {
  const byRole = ROLES.indexOf(a.role) - ROLES.indexOf(b.role);
  return byRole === 0 ? a.name.localeCompare(b.name, "en", { numeric: true }) : byRole;
}

/** The network as the node that sees furthest sees it. */
function networkOf({
  facts,
  preset,
  earlier,
}: {
  readonly facts: readonly NodeFacts[];
  readonly preset: NetworkPreset | undefined;
  readonly earlier: NetworkStatus | null | undefined;
}): NetworkStatus | null {
  const here = facts.filter(({ network }) => preset === undefined || network === preset.name);
  const [first, ...others] = here;
  if (first === undefined) return earlier == null ? null : { ...earlier, reachable: false };
  const newest = others.reduce((best, one) => (one.chain.block > best.chain.block ? one : best), first);
  return {
    name: newest.network,
    practice: preset?.practice ?? newest.network === "local",
    chain_id: preset?.chainId ?? 0,
    block: newest.chain.block,
    epoch: newest.chain.epoch,
    epoch_ends_in_s: newest.chain.epochEndsInSeconds,
    reachable: here.some(({ chain }) => chain.reachable),
  };
}

function latelyOf(facts: readonly NodeFacts[]): StatusSnapshot["lately"] {
  return facts
    .flatMap(({ name, lately }) => lately.map(({ at, text }) => ({ at, node: name, text })))
    .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
    .slice(0, LATELY);
}
