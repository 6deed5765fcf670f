import type { NodeRecord as Registered, Role } from "../../chain/interface.ts";
import type { NodeRecord } from "../../fleet/status/nodeRecords.ts";
import { publicName } from "../../fleet/status/publicName.ts";
import type { NodeStatus } from "../../observability/snapshot.ts";
import { formatCor } from "../../util/money.ts";
import type { Address } from "../../util/types.ts";

/** A node of the registry as `node list` and `node show` print it; names of fields as in `status --json`. */
export interface NodeView {
  readonly schema: "cortensor.node/1";
  readonly address: Address;
  readonly owner: Address;
  /** Its name in this home; null for other people's nodes. */
  readonly name: string | null;
  readonly public_name: string;
  readonly role: Role;
  /** Null where only its own home would know. */
  readonly live: boolean | null;
  readonly state: string | null;
  /** In force now; a change waits for the next epoch. */
  readonly stake_cor: string;
  readonly unbonding_cor: string;
  readonly suspended: boolean;
  /** The epoch from which it takes part. */
  readonly since_epoch: number;
  /** Of routers. */
  readonly addresses: readonly string[];
}

/** What this home knows of its nodes. */
export interface Own {
  readonly records: readonly NodeRecord[];
  readonly running: readonly NodeStatus[];
}

export function nodeView(node: Registered, { records, running }: Own): NodeView {
  const own = records.find(({ address }) => address === node.address);
  const status = running.find(({ address }) => address === node.address);
  return {
    schema: "cortensor.node/1",
    address: node.address,
    owner: node.owner,
    name: own?.name ?? null,
    public_name: publicName(node.address),
    role: node.role,
    live: status?.live ?? (own === undefined ? null : false),
    state: status?.state ?? (own === undefined ? null : "down"),
    stake_cor: formatCor(node.stakeWei),
    unbonding_cor: formatCor(node.unbondingWei),
    suspended: node.suspended,
    since_epoch: node.since,
    addresses: node.addresses,
  };
}

/** Routers first, then miners; within a role in the order of their registration. */
export function inOrder(nodes: readonly NodeView[]): NodeView[] {
  const ranks: readonly Role[] = ["router", "miner", "validator"];
  return [...nodes].sort((left, right) => ranks.indexOf(left.role) - ranks.indexOf(right.role));
}
