import { CortensorError } from "../errors/cortensorError.ts";
import { kebab } from "../util/names.ts";
import { nearest } from "../util/nearest.ts";
import { checkValue, type Given, type OptionValue } from "./schema.ts";
import { findSetting, SETTINGS, type Setting, type Settings } from "./tree.ts";

/** All places settings come from, strongest first. */
export interface Sources {
  /** By key. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The config file's content, nested by module. */
  readonly file: { readonly path: string; readonly content: unknown };
  /** By key. */
  readonly preset: { readonly path: string; readonly values: Readonly<Record<string, unknown>> };
}

/** A setting's value in force and where it comes from. */
export interface Resolved {
  readonly setting: Setting;
  readonly value: OptionValue | undefined;
  readonly source: { readonly kind: "flag" | "environment" | "file" | "preset" | "default"; readonly name: string };
}

/** The value of one setting: flag > environment > config file > preset > default. Throws as `checkValue` does. */
export function resolveOne(setting: Setting, sources: Sources): Resolved {
  const { option, key } = setting;
  for (const { given, value } of candidates(setting, sources)) {
    if (value === undefined) continue;
    const name = given.file ?? given.name;
    return {
      setting,
      value: checkValue(option, value, given),
      source: { kind: given.kind as Resolved["source"]["kind"], name },
    };
  }
  return { setting, value: option.default, source: { kind: "default", name: key } };
}

function candidates({ key, name, environment }: Setting, sources: Sources): { given: Given; value: unknown }[] {
  const fromEnvironment = sources.env[environment];
  return [
    { given: { kind: "flag", name: `--${kebab(name)}` }, value: sources.flags[key] },
    // An empty variable is how shells say "unset".
    { given: { kind: "environment", name: environment }, value: fromEnvironment === "" ? undefined : fromEnvironment },
    { given: { kind: "file", name: key, file: sources.file.path }, value: inFile(sources.file.content, key) },
    { given: { kind: "preset", name: key, file: sources.preset.path }, value: sources.preset.values[key] },
  ];
}

/** Somebody who edits the file may write `"router.port"` as one word. */
function inFile(content: unknown, key: string): unknown {
  if (isRecord(content) && Object.hasOwn(content, key)) return content[key];
  return key.split(".").reduce((inner: unknown, word) => (isRecord(inner) ? inner[word] : undefined), content);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** All settings. Throws `config-invalid` also for a key of the config file that no module knows. */
export function resolveAll(sources: Sources): Settings {
  rejectUnknown(sources.file);
  const settings: Record<string, Record<string, unknown>> = {};
  for (const setting of SETTINGS) {
    const values = (settings[setting.module] ??= {});
    values[setting.name] = resolveOne(setting, sources).value;
  }
  return settings as unknown as Settings;
}

function rejectUnknown({ path, content }: Sources["file"]): void {
  const stranger = keysOf(content).find((key) => findSetting(key)?.key !== key);
  if (stranger === undefined) return;
  const near = nearest(
    stranger,
    SETTINGS.map(({ key }) => key),
  );
  throw new CortensorError("config-invalid", `there is no setting ${stranger}`, {
    why: [["found", path], ...(near === undefined ? [] : [["nearest", near] as const])],
    try: `cortensor config unset ${stranger}`,
    data: { key: stranger, file: path, nearest: near },
  });
}

/** The keys of a nested record, joined by dots. */
export function keysOf(content: unknown, prefix = ""): string[] {
  if (!isRecord(content)) return [];
  return Object.entries(content).flatMap(([word, value]) => {
    const key = prefix === "" ? word : `${prefix}.${word}`;
    return isRecord(value) ? keysOf(value, key) : [key];
  });
}

/** The setting of a key that somebody typed. Throws `option-value` with the nearest key. */
export function settingOf(key: string): Setting {
  const setting = findSetting(key);
  if (setting !== undefined) return setting;
  const near = nearest(
    key,
    SETTINGS.map((known) => known.key),
  );
  throw new CortensorError("option-value", `there is no setting ${key}`, {
    ...(near !== undefined && { why: [["nearest", near]] }),
    try: near === undefined ? "cortensor config explain" : `cortensor config explain ${near}`,
    data: { key, nearest: near },
  });
}
