import type { ReceiptBundle } from "../../client/index.ts";
import { PresetFolder } from "../../config/index.ts";

/** The network a receipt was given on. */
export interface ReceiptNetwork {
  /** As the receipt calls it. */
  readonly name: string;
  readonly chain_id: number;
  readonly runtime: string;
  /** The network of this home that has the same chain and contracts. */
  readonly known: { readonly name: string; readonly practice: boolean } | null;
}

/** Chain and contracts decide which network it is, not the name, which anybody can give. */
export async function networkOf({ network, domain }: ReceiptBundle, networksFolder: string): Promise<ReceiptNetwork> {
  const folder = new PresetFolder(networksFolder);
  const names = await folder.names();
  // A preset that cannot be read is no business of this command.
  const presets = await Promise.all(names.map((name) => folder.find(name).catch(() => undefined)));
  const preset = presets.find((one) => one?.chainId === domain.chainId && one.runtime === domain.runtime);
  return {
    name: network,
    chain_id: domain.chainId,
    runtime: domain.runtime,
    known: preset === undefined ? null : { name: preset.name, practice: preset.practice },
  };
}
