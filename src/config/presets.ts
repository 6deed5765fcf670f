import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { NetworkPreset } from "../chain/interface.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import { readJson, writeJson } from "../util/jsonFile.ts";
import { NETWORK_NAME, parsePreset } from "./presetSchema.ts";
import { findSetting } from "./tree.ts";

/** The practice network of this machine. No preset from elsewhere gets this name. */
export const LOCAL = "local";

/** The presets of a home, `networks/<name>.json`. */
export class PresetFolder {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  fileOf(name: string): string {
    return join(this.folder, `${name}.json`);
  }

  /** The preset of a network, undefined when there is none. Throws `home-damaged` and `preset-invalid`. */
  async find(name: string): Promise<NetworkPreset | undefined> {
    if (!NETWORK_NAME.test(name)) return undefined;
    const file = this.fileOf(name);
    const content = await readJson(file);
    return content === undefined ? undefined : { ...parsePreset(content, file), name };
  }

  /** Throws `network-unknown` when there is no such preset. */
  async read(name: string): Promise<NetworkPreset> {
    const preset = await this.find(name);
    if (preset !== undefined) return preset;
    if (name === LOCAL)
      throw new CortensorError("network-unknown", "the practice network of this home was never started", {
        try: "cortensor up",
        data: { network: name },
      });
    const known = await this.names();
    throw new CortensorError("network-unknown", `this home knows no network ${name}`, {
      why: [["known", known.length === 0 ? "none" : known.join(", ")]],
      try: "cortensor network list",
      data: { network: name, known },
    });
  }

  async write(preset: NetworkPreset): Promise<void> {
    const file = this.fileOf(preset.name);
    await writeJson(file, parsePreset(preset, file));
  }

  async names(): Promise<string[]> {
    const files = await readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    return files
      .filter((file) => file.endsWith(".json"))
      .map((file) => file.slice(0, -".json".length))
      .filter((name) => NETWORK_NAME.test(name))
      .sort();
  }

  async list(): Promise<NetworkPreset[]> {
    return Promise.all((await this.names()).map((name) => this.read(name)));
  }
}

/** The settings a preset stands for, by key. */
export function presetSettings({ rpc }: NetworkPreset): Readonly<Record<string, unknown>> {
  return findSetting("chain.rpc") === undefined ? {} : { "chain.rpc": rpc.join(",") };
}
