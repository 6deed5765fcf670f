import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { CortensorError } from "../../errors/cortensorError.ts";
import { KeyStore, type OpenKey } from "../../keys/index.ts";
import type { Home } from "../../node/home.ts";
import type { Address } from "../../util/types.ts";
import type { Context } from "../context.ts";
import type { PasswordSource } from "../password.ts";

/** Opens a key of this home with the password given, else the one that was generated with it, else one that is typed. */
export async function openWallet(ctx: Context, name: string, source: PasswordSource): Promise<OpenKey> {
  const keys = new KeyStore({ folder: ctx.home.keysFolder }, ctx);
  await keys.addressOf(name);
  const isGiven = source.passwordFile !== undefined || source.passwordFd !== undefined;
  const kept = isGiven ? undefined : await keptPassword(ctx.home, name);
  const password = kept ?? (await ctx.password(`the ${name} wallet`, source));
  return ctx.step({ name: "key", work: () => keys.open(name, password) });
}

/** The name of the key of an address. Throws `key-missing`. */
export async function keyNameOf(home: Home, address: Address, whose: string): Promise<string> {
  const known = await new KeyStore({ folder: home.keysFolder }).list();
  const found = known.find((key) => key.address === address);
  if (found !== undefined) return found.name;
  throw new CortensorError("key-missing", `the key of ${whose} is not in this home`, {
    why: [["needed", address]],
    try: "cortensor wallet import owner --from FILE",
    data: { address },
  });
}

/** Passwords that were generated for keys lie in the folders of the nodes they were generated for. */
async function keptPassword(home: Home, key: string): Promise<string | undefined> {
  const nodes = join(home.root, "nodes");
  const names = await readdir(nodes).catch(absent);
  for (const name of names ?? []) {
    const text = await readFile(join(nodes, name, `${key}.password`), "utf8").catch(absent);
    if (text !== undefined) return text.trim();
  }
  return undefined;
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
}
