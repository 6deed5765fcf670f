import type { Role } from "../chain/interface.ts";
import { writeJson } from "../util/jsonFile.ts";
import type { Address } from "../util/types.ts";
import type { Home } from "./home.ts";

/** Writes what this home knows of a node of its own, so that it is found by its name. */
export async function writeNodeRecord(
  home: Home,
  node: {
    readonly name: string;
    readonly role: Role;
    readonly network: string;
    readonly address: Address;
    readonly owner: Address;
  },
): Promise<void> {
  const { name, role, network, address, owner } = node;
  const record = { schema: "cortensor.node/1", name, role, network, address, owner };
  await writeJson(home.node(name).recordFile, record);
}
