import { collectStatus } from "../../fleet/status/collectStatus.ts";
import { nodeRecords } from "../../fleet/status/nodeRecords.ts";
import type { Context } from "../context.ts";
import type { Own } from "./nodeView.ts";

/** The nodes of this home that belong to a network, and those of them that run. */
export async function ownNodes({ home, clock }: Pick<Context, "home" | "clock">, network: string): Promise<Own> {
  const [records, { nodes }] = await Promise.all([nodeRecords(home), collectStatus({ home, clock })]);
  const here = records.filter((record) => record.network === network);
  return { records: here, running: nodes.filter(({ address }) => here.some((record) => record.address === address)) };
}
