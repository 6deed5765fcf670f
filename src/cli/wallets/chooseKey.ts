import { CortensorError } from "../../errors/cortensorError.ts";
import type { KeyInfo } from "../../keys/index.ts";

/** The key that was named, else the only one, else the owner's. Throws `key-missing`. */
export function chooseKey(all: readonly KeyInfo[], name: string | undefined): KeyInfo {
  const wanted = name ?? (all.length === 1 ? all[0]?.name : "owner");
  const found = all.find((key) => key.name === wanted);
  if (found !== undefined) return found;
  throw new CortensorError("key-missing", `there is no key ${wanted} in this home`, {
    why: [["found", all.length === 0 ? "no keys" : all.map((key) => key.name).join(", ")]],
    try: all.length === 0 ? "cortensor wallet new" : "cortensor wallet list",
    data: { name: wanted },
  });
}
