import { nodeRecords } from "../../fleet/status/nodeRecords.ts";
import type { Context } from "../context.ts";

/** How an address is shown: by the name that a node has in this home, else cut short. */
export type NameOf = (address: string) => string;

export async function nodeNames({ home }: Pick<Context, "home">, cut: string): Promise<NameOf> {
  const records = await nodeRecords(home).catch(() => []);
  const names = new Map<string, string>(records.map(({ address, name }) => [address, name]));
  return (address) => names.get(address) ?? `${address.slice(0, 6)}${cut}${address.slice(-4)}`;
}
