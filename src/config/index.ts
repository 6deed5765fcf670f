export { explain } from "./explain.ts";
export { joinNetwork } from "./joinNetwork.ts";
export { loadSetting, loadSettings, type LoadOptions } from "./load.ts";
export { LOCAL, PresetFolder } from "./presets.ts";
export { settingOf } from "./resolve.ts";
export { checkValue, type OptionValue } from "./schema.ts";
export { type Module, MODULES, SETTINGS, type Settings } from "./tree.ts";
