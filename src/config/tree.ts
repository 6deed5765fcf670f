import { auditOptions } from "../audit/options.ts";
import { chainOptions, embeddedChainOptions } from "../chain/options.ts";
import { engineOptions } from "../engine/options.ts";
import { minerOptions } from "../miner/options.ts";
import { p2pOptions } from "../p2p/options.ts";
import { routerOptions } from "../router/options.ts";
import { camel, kebab } from "../util/names.ts";
import type { Option, Options, ValuesOf } from "../util/option.ts";
import { generalOptions } from "./options.ts";

/** Every module with settings. A module's name begins its keys and environment names. */
export const MODULES = {
  general: generalOptions,
  router: routerOptions,
  miner: minerOptions,
  audit: auditOptions,
  engine: engineOptions,
  p2p: p2pOptions,
  chain: chainOptions,
  embeddedChain: embeddedChainOptions,
} as const satisfies Readonly<Record<string, Options>>;

export type Module = keyof typeof MODULES;

/** The value of every setting. */
export type Settings = { readonly [M in Module]: ValuesOf<(typeof MODULES)[M]> };

/** One setting and the names it has: key `router.bodyBytes`, environment `CORTENSOR_ROUTER_BODY_BYTES`. */
export interface Setting {
  readonly key: string;
  readonly module: Module;
  readonly name: string;
  readonly environment: string;
  readonly option: Option;
}

/** All settings, in the order of their modules. */
export const SETTINGS: readonly Setting[] = Object.entries(MODULES).flatMap(([module, options]: [string, Options]) =>
  Object.entries(options).map(([name, option]) => {
    const key = module === "general" ? name : `${module}.${name}`;
    const environment = `CORTENSOR_${kebab(key).replace(/[.-]/g, "_").toUpperCase()}`;
    return { key, module: module as Module, name, environment, option };
  }),
);

const BY_KEY = new Map(SETTINGS.map((setting) => [setting.key, setting]));

/** The setting of a key, also when written as a flag would be (`router.body-bytes`). */
export function findSetting(key: string): Setting | undefined {
  return BY_KEY.get(key) ?? BY_KEY.get(key.split(".").map(camel).join("."));
}
