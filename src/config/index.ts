export { explain } from "./explain.ts";
export { joinNetwork } from "./joinNetwork.ts";
export { loadSetting, loadSettings } from "./load.ts";
export { LOCAL, PresetFolder } from "./presets.ts";
export { settingOf } from "./resolve.ts";
export { checkValue } from "./schema.ts";
export { SETTINGS, type Settings } from "./tree.ts";
