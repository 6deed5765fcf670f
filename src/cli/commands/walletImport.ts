import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import type { KeyStore } from "../../keys/index.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { privateFolder } from "../../node/home.ts";
import type { Hex } from "../../util/types.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { passwordFlags } from "../password.ts";
import { taken } from "./walletTaken.ts";

export const walletImport = defineCommand({
  about:
    "Takes a keystore file of any program, opened by its password, or 64 hexadecimal digits from a file, stdin or a hidden prompt.",
  arguments: [{ name: "name", describe: "its name in this home (default owner)" }],
  sections: [
    {
      title: "Options",
      flags: {
        from: {
          type: "string",
          default: undefined,
          value: "FILE",
          describe: "a keystore or a file with the digits; - is stdin",
        },
        ...passwordFlags,
      },
    },
  ],
  examples: ["cortensor wallet import", "cortensor wallet import savings --from UTC--2026.json"],
  async run(ctx, { args: { name = "owner" }, options }) {
    const { KeyStore } = await import("../../keys/index.ts");
    const keys = new KeyStore({ folder: ctx.home.keysFolder }, ctx);
    if (await keys.has(name)) throw taken(keys.fileOf(name), name);
    const text =
      options.from === undefined ? await ctx.secret("The private key (hidden): ") : await read(ctx, options.from);
    const isKeystore = text.trimStart().startsWith("{");
    if (isKeystore && (options.from === undefined || options.from === "-")) throw keystoreNeedsFile();
    const password = await ctx.password(`the ${name} wallet`, { ...options, isNew: !isKeystore });
    await privateFolder(ctx.home.root);
    const take = (): ReturnType<KeyStore["create"]> =>
      isKeystore
        ? keys.importFrom({ name, file: options.from ?? "", password })
        : keys.import({ name, password, privateKey: digits(text) });
    const { address } = await ctx.step({ name: "key", work: take });
    ctx.result({ schema: "cortensor.wallet/1", name, address, file: keys.fileOf(name) }, () =>
      ctx.out(`${name}  ${address}`),
    );
  },
});

async function read(ctx: Context, from: string): Promise<string> {
  if (from === "-") return (await buffer(ctx.stdin)).toString("utf8");
  try {
    return await readFile(from, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new CortensorError("key-missing", `there is no file ${from}`, { data: { file: from }, cause: error });
  }
}

/** With or without `0x`; the key store checks the rest and never repeats the digits. */
function digits(text: string): Hex {
  return `0x${text.trim().replace(/^0x/i, "").toLowerCase()}`;
}

function keystoreNeedsFile(): CortensorError {
  return new CortensorError("key-invalid", "a keystore is read from its file", {
    try: "cortensor wallet import --from FILE",
  });
}
