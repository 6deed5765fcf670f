import { CortensorError } from "../../errors/cortensorError.ts";
import type { StatusSnapshot } from "../../observability/snapshot.ts";

/** The part of a snapshot that speaks of one node; the totals stay those of the network. */
export function statusOf(snapshot: StatusSnapshot, name: string): StatusSnapshot {
  const node = snapshot.nodes.find((one) => one.name === name);
  return {
    ...snapshot,
    attention: snapshot.attention.filter((one) => one.node === null || one.node === name),
    money: {
      earned_today_cor: node?.earned_today_cor ?? "0",
      earned_cor: node?.earned_cor ?? "0",
      waiting_cor: node?.claimable_cor ?? "0",
      gas: null,
    },
    nodes: node === undefined ? [] : [node],
    processes: snapshot.processes.filter((one) => one.name === name),
    lately: snapshot.lately.filter((one) => one.node === name),
  };
}

/** Throws `option-value` when no node of this name runs. */
export function mustRun(snapshot: StatusSnapshot, name: string): void {
  const running = snapshot.nodes.map((node) => node.name);
  if (running.includes(name)) return;
  throw new CortensorError("option-value", `no node ${name} runs here`, {
    why: [["running", running.length === 0 ? "none" : running.join(", ")]],
    try: "cortensor status",
    data: { node: name, running },
  });
}
