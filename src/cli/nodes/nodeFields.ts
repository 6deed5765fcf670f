import type { NodeStatus } from "../../observability/snapshot.ts";
import { formatCor, parseCor } from "../../util/money.ts";
import type { NodeView } from "./nodeView.ts";

interface Money {
  readonly corWei: bigint;
  readonly gasWei: bigint;
}

export interface NodePage {
  readonly view: NodeView;
  /** Of a node that runs here. */
  readonly status: NodeStatus | undefined;
  /** The epoch it is now. */
  readonly epoch: number;
  readonly node: Money;
  readonly owner: Money;
}

type Field = readonly [label: string, value: string];

/** The lines of `node show`. */
export function nodeFields({ view, status, epoch, node, owner }: NodePage): readonly Field[] {
  return [
    ["node", view.name === null ? view.public_name : `${view.name}  (${view.public_name})`],
    ["role", view.suspended ? `${view.role}, suspended` : view.role],
    ["address", view.address],
    ["owner", view.owner],
    ["stake", stakeOf(view, epoch)],
    ["since", `epoch ${view.since_epoch}`],
    ["holds", moneyOf(node)],
    ["owner holds", moneyOf(owner)],
    ...view.addresses.map((address, at): Field => [at === 0 ? "reached at" : "", address]),
    ...(view.state === null ? [] : [stateOf(view.state, status)]),
    ...(status === undefined ? [] : workOf(status)),
  ];
}

function stakeOf(view: NodeView, epoch: number): string {
  const stake = stakeText(view, epoch);
  const inForce = view.since_epoch > epoch ? `in force ${stake}, now is ${epoch}` : `${stake} COR in force`;
  return view.unbonding_cor === "0" ? inForce : `${inForce}, ${shown(view.unbonding_cor)} unbonding`;
}

/** The stake in force, or when it will be. */
export function stakeText({ stake_cor, since_epoch }: NodeView, epoch: number): string {
  return since_epoch > epoch ? `from epoch ${since_epoch}` : shown(stake_cor);
}

function stateOf(state: string, status: NodeStatus | undefined): Field {
  const reason = status?.state_reason ?? null;
  return ["state", reason === null ? state : `${state}: ${reason}`];
}

function workOf(status: NodeStatus): Field[] {
  return [
    ["models", status.models.join(", ")],
    ["slots", `${status.slots.busy} of ${status.slots.total} busy`],
    ["earned", `${shown(status.earned_cor)} COR, ${shown(status.claimable_cor)} to be redeemed`],
  ];
}

function moneyOf({ corWei, gasWei }: Money): string {
  return `${formatCor(corWei, "balance")} COR, ${formatCor(gasWei, "balance")} gas`;
}

/** An exact amount as people read it. */
function shown(cor: string): string {
  return formatCor(parseCor(cor) ?? 0n, "balance");
}
