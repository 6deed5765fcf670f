import animalHash from "angry-purple-tiger";
import type { Address } from "../../util/types.ts";

const known = new Map<Address, string>();

/** The name a node has for everybody, such as `brisk-amber-otter`. Made from its address: names may collide, addresses decide. */
export function publicName(address: Address): string {
  let name = known.get(address);
  if (name === undefined) {
    name = animalHash(address, { style: "lowercase", separator: "-" });
    known.set(address, name);
  }
  return name;
}
