import type { Attention, NodeStatus, StatusSnapshot } from "../../observability/snapshot.ts";
import { clean } from "../text/clean.ts";
import { clockTime, sentence } from "../text/values.ts";
import { attentionLine, nodeLine } from "./plainStatus.ts";

/** What became different from one snapshot to the next, as lines to append. Numbers that move all the time are left out. */
export function changeLines(before: StatusSnapshot, after: StatusSnapshot): string[] {
  const now = Date.parse(after.at);
  const lines = [
    ...minus(after.attention, before.attention, attentionKey).map((one) => attentionLine(one, now)),
    ...minus(before.attention, after.attention, attentionKey).map(({ text }) => `Over: ${sentence(clean(text))}`),
    ...minus(after.nodes, before.nodes, nodeKey).map(nodeLine),
    ...minus(before.nodes, after.nodes, ({ address }) => address).map(({ name }) => `${name}: stopped`),
    ...minus(after.lately, before.lately, latelyKey)
      .toReversed()
      .map(({ node, text }) => `${node}: ${sentence(clean(text))}`),
  ];
  return lines.map((line) => `${clockTime(now)} ${line}`);
}

/** Whether a program that watches should hear of it: anything but the time, and what only tells that time passes. */
export function hasChanged(before: StatusSnapshot, after: StatusSnapshot): boolean {
  return JSON.stringify(lasting(before)) !== JSON.stringify(lasting(after));
}

function lasting({ attention, network, money, nodes, processes, lately }: StatusSnapshot): unknown {
  return {
    attention,
    network: network === null ? null : [network.name, network.chain_id, network.epoch, network.reachable],
    money: [money.earned_cor, money.waiting_cor],
    nodes: nodes.map((node) => [nodeKey(node), node.slots, node.earned_cor, node.claimable_cor, node.failed, node.url]),
    processes: processes.map(({ name, pid, state, restarts }) => [name, pid, state, restarts]),
    lately,
  };
}

function minus<T>(all: readonly T[], without: readonly T[], key: (one: T) => string): T[] {
  const known = new Set(without.map(key));
  return all.filter((one) => !known.has(key(one)));
}

function attentionKey({ code, node }: Attention): string {
  return `${code} ${node ?? ""}`;
}

function nodeKey({ address, state, state_reason, models }: NodeStatus): string {
  return [address, state, state_reason ?? "", ...models].join(" ");
}

function latelyKey({ at, node, text }: StatusSnapshot["lately"][number]): string {
  return `${at} ${node} ${text}`;
}
