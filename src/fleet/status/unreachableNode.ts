import type { NodeStatus } from "../../observability/snapshot.ts";
import type { Address } from "../../util/types.ts";

/** A node of this home that should run and does not answer. */
export interface UnreachableNode {
  readonly name: string;
  readonly role: NodeStatus["role"];
  readonly network: string;
  readonly address: Address;
  readonly owner: Address;
  /** `starting`: its process is young; `silent`: it lives and says nothing; `gone`: it ended without being stopped. */
  readonly why: "starting" | "silent" | "gone";
  /** Of the process, when it lives. */
  readonly pid: number | null;
  /** When its process began, ISO 8601. */
  readonly since: string;
}
