import { damaged, readJson } from "../util/jsonFile.ts";
import { PresetFolder, presetSettings } from "./presets.ts";
import { type Resolved, resolveAll, resolveOne, settingOf, type Sources } from "./resolve.ts";
import type { Settings } from "./tree.ts";

/** What settings are read from. */
export interface LoadOptions {
  readonly configFile: string;
  readonly networksFolder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Texts given on the command line, by key. */
  readonly flags: Readonly<Record<string, unknown>>;
}

/** The settings in force, all checked. Throws `config-invalid`, `option-value`, `home-damaged`, `preset-invalid`. */
export async function loadSettings(options: LoadOptions): Promise<Settings> {
  return resolveAll(await sourcesOf(options));
}

/** One setting, whatever the state of the others. */
export async function loadSetting(options: LoadOptions, key: string): Promise<Resolved> {
  return resolveOne(settingOf(key), await sourcesOf(options));
}

/** The places settings come from. The network in use decides which preset is one of them. */
export async function sourcesOf({ configFile, networksFolder, env, flags }: LoadOptions): Promise<Sources> {
  const presets = new PresetFolder(networksFolder);
  const read = await readJson(configFile);
  const content = read === undefined ? {} : read;
  if (typeof content !== "object" || content === null || Array.isArray(content))
    throw damaged(configFile, { reason: "it holds no record of settings" });
  const without: Sources = { flags, env, file: { path: configFile, content }, preset: { path: "", values: {} } };
  const network = String(resolveOne(settingOf("network"), without).value);
  const preset = await presets.find(network);
  if (preset === undefined) return without;
  return { ...without, preset: { path: presets.fileOf(network), values: presetSettings(preset) } };
}
