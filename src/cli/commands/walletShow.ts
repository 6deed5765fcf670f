import { CortensorError } from "../../errors/cortensorError.ts";
import { type KeyInfo, KeyStore } from "../../keys/index.ts";
import { defineCommand } from "../command.ts";

export const walletShow = defineCommand({
  arguments: [{ name: "name", describe: "a key of this home; not needed when there is only one" }],
  examples: ["cortensor wallet show", "cortensor wallet show owner --json"],
  async run(ctx, { args }) {
    const keys = new KeyStore({ folder: ctx.home.keysFolder }, ctx);
    const { name, address, createdAt } = choose(await keys.list(), args.name);
    const file = keys.fileOf(name);
    ctx.result({ schema: "cortensor.wallet/1", name, address, created_at: createdAt, file }, () =>
      ctx.fields([
        ["wallet", name],
        ["address", address],
        ["made", createdAt.slice(0, 10)],
        ["file", file],
      ]),
    );
  },
});

/** The key that was named, else the only one, else the owner's. */
function choose(all: readonly KeyInfo[], name: string | undefined): KeyInfo {
  const wanted = name ?? (all.length === 1 ? all[0]?.name : "owner");
  const found = all.find((key) => key.name === wanted);
  if (found !== undefined) return found;
  throw new CortensorError("key-missing", `there is no key ${wanted} in this home`, {
    why: [["found", all.length === 0 ? "no keys" : all.map((key) => key.name).join(", ")]],
    try: all.length === 0 ? "cortensor wallet new" : "cortensor wallet list",
    data: { name: wanted },
  });
}
