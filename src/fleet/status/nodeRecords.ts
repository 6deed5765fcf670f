import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Home, NODE_NAME } from "../../node/home.ts";
import type { NodeStatus } from "../../observability/snapshot.ts";
import { readJson } from "../../util/jsonFile.ts";
import type { Address } from "../../util/types.ts";

/** A node of this home as its folder says, whether it runs or not. */
export interface NodeRecord {
  readonly name: string;
  readonly role: NodeStatus["role"];
  readonly network: string;
  readonly address: Address;
  readonly owner: Address;
}

/** Every node that was ever started in this home. A folder without a readable record is none. */
export async function nodeRecords(home: Home): Promise<NodeRecord[]> {
  const names = await readdir(join(home.root, "nodes")).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const records = await Promise.all(
    names.filter((name) => NODE_NAME.test(name)).map(async (name) => parse(name, await read(home, name))),
  );
  return records.filter((record) => record !== undefined);
}

async function read(home: Home, name: string): Promise<unknown> {
  // A status is asked for most when something is broken, so a broken file must not hide the other nodes.
  return readJson(home.node(name).recordFile).catch(() => undefined);
}

const ROLES: readonly unknown[] = ["router", "miner", "validator"];

function parse(name: string, value: unknown): NodeRecord | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { role, network, address, owner } = value as Partial<Record<keyof NodeRecord, unknown>>;
  if (!ROLES.includes(role) || typeof network !== "string" || !isAddress(address) || !isAddress(owner))
    return undefined;
  return { name, role: role as NodeRecord["role"], network, address, owner };
}

function isAddress(value: unknown): value is Address {
  return typeof value === "string" && /^0x[0-9a-f]{40}$/.test(value);
}
