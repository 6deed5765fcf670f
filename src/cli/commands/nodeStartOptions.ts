import type { NetworkPreset } from "../../chain/interface.ts";
import { chainOptions } from "../../chain/options.ts";
import { LOCAL, PresetFolder, type Settings } from "../../config/index.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import type { NodeOptions } from "../../node/nodeContext.ts";
import { p2pOptions } from "../../p2p/options.ts";
import type { Address } from "../../util/types.ts";
import type { Context } from "../context.ts";
import { type Flags, pick } from "../flag.ts";
import { passwordFlags } from "../password.ts";
import { version } from "../version.ts";

/** The options that every role's `start` has. */
export const startFlags = {
  owner: {
    type: "string",
    default: undefined,
    value: "ADDRESS",
    describe: "owner whose key lives elsewhere; it registers the node",
  },
  detach: { type: "boolean", default: false, short: "d", describe: "leave it running in the background" },
  tui: { type: "boolean", default: true, describe: "open the dashboard on a terminal" },
  ...passwordFlags,
} as const satisfies Flags;

/** Where a router takes connections of other nodes. Their settings are `p2p.host` and `p2p.port`; HTTP has the short names. */
export const listenFlags = {
  p2pHost: { ...p2pOptions.host, default: undefined, describe: "address on which other nodes are accepted (p2p.host)" },
  p2pPort: { ...p2pOptions.port, default: undefined, describe: "port for other nodes; 0 takes a free one (p2p.port)" },
} as const satisfies Flags;

export const chainSection = { title: "Chain", module: "chain", flags: pick(chainOptions, ["rpc"]) } as const;

export interface StartInput {
  readonly name: string;
  readonly owner: string | undefined;
  readonly detach: boolean;
  readonly tui: boolean;
  readonly passwordFile: string | undefined;
  readonly passwordFd: number | undefined;
  readonly p2pHost?: string | undefined;
  readonly p2pPort?: number | undefined;
}

export interface NodeWish {
  readonly role: "router" | "miner" | "validator";
  readonly input: StartInput;
}

/**
 * What a node is started with, from flags, settings and the preset of the network in use. Asks for the owner's password where
 * it will be needed.
 */
export async function nodeOptions(ctx: Context, { role, input }: NodeWish): Promise<NodeOptions> {
  const settings = await ctx.settings();
  const preset = await presetOf(ctx, settings);
  const ownerAddress = input.owner === undefined ? undefined : checkedAddress(input.owner);
  const password = await ownerPassword(ctx, { input, preset });
  return {
    home: ctx.home,
    name: input.name,
    role,
    preset,
    settings: { ...settings, p2p: listening(settings.p2p, input) },
    software: `cortensor/${version()}`,
    consent: ctx.global.yes,
    ...(ownerAddress !== undefined && { ownerAddress }),
    ...(password !== undefined && { ownerPassword: async () => password }),
  };
}

/** The password of a node's owner, which practice networks generate. Undefined where none is needed. */
export async function ownerPassword(
  ctx: Context,
  { input, preset }: { readonly input: StartInput; readonly preset: NetworkPreset },
): Promise<string | undefined> {
  if (preset.practice || input.owner !== undefined) return undefined;
  const [{ KeyStore }, { ownerKeyName }] = await Promise.all([
    import("../../keys/index.ts"),
    import("../../node/identity.ts"),
  ]);
  const isNew = !(await new KeyStore({ folder: ctx.home.keysFolder }).has(ownerKeyName(input.name)));
  const { passwordFile, passwordFd } = input;
  return await ctx.password("the owner wallet", { passwordFile, passwordFd, isNew });
}

/** The preset of the network in use. Throws `network-unknown`, and `not-running` for a practice network never started. */
export async function presetOf({ home }: Pick<Context, "home">, { general }: Settings): Promise<NetworkPreset> {
  return await new PresetFolder(home.networksFolder).read(general.network).catch(whenNothingRuns(general.network));
}

/** On `local` a chain that is away or was never there has one reason and one cure. */
export function whenNothingRuns(network: string): (error: unknown) => never {
  return (error) => {
    const away = error instanceof CortensorError && ["network-unknown", "rpc-unreachable"].includes(error.code);
    if (!away || network !== LOCAL) throw error;
    throw new CortensorError("not-running", "the practice network of this home does not run", {
      why: error.details.why ?? [["why", error.message]],
      try: "cortensor up",
      cause: error,
    });
  };
}

function listening(p2p: Settings["p2p"], { p2pHost, p2pPort }: StartInput): Settings["p2p"] {
  return { ...p2p, ...(p2pHost !== undefined && { host: p2pHost }), ...(p2pPort !== undefined && { port: p2pPort }) };
}

function checkedAddress(text: string): Address {
  if (/^0x[0-9a-fA-F]{40}$/.test(text)) return text.toLowerCase() as Address;
  throw new CortensorError("option-value", `--owner takes an address of 40 hexadecimal digits, not ${text}`, {
    data: { option: "owner", value: text },
  });
}
