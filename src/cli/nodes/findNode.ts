import type { NodeRecord as Registered } from "../../chain/interface.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import type { NodeRecord } from "../../fleet/status/nodeRecords.ts";
import { publicName } from "../../fleet/status/publicName.ts";
import type { Address } from "../../util/types.ts";

export interface NodeChoice {
  /** A name in this home, a public name or an address; without it the only node of this home is meant. */
  readonly word: string | undefined;
  readonly records: readonly NodeRecord[];
  readonly registered: readonly Registered[];
}

const ADDRESS = /^0x[0-9a-f]{40}$/i;

export function isAddress(text: string): boolean {
  return ADDRESS.test(text);
}

/** The address of the node that is meant. Throws `argument-missing`, and `option-value` when it is no one's. */
export function findNode({ word, records, registered }: NodeChoice): Address {
  if (word === undefined) return only(records);
  if (ADDRESS.test(word)) return word.toLowerCase() as Address;
  const own = records.find(({ name }) => name === word);
  if (own !== undefined) return own.address;
  const named = registered.filter(({ address }) => publicName(address) === word);
  if (named.length === 1 && named[0] !== undefined) return named[0].address;
  throw new CortensorError("option-value", `no node is called ${word}`, {
    why: [["known", records.length === 0 ? "none of this home" : records.map(({ name }) => name).join(", ")]],
    try: "cortensor node list",
    data: { node: word, known: records.map(({ name }) => name) },
  });
}

function only(records: readonly NodeRecord[]): Address {
  if (records.length === 1 && records[0] !== undefined) return records[0].address;
  const names = records.map(({ name }) => name);
  throw new CortensorError("argument-missing", names.length === 0 ? "this home has no node" : "which node is meant", {
    why: [["known", names.length === 0 ? "none in this network" : names.join(", ")]],
    try: "cortensor node list",
    data: { known: names },
  });
}
