/**
 * One setting, described once: its flag, environment name, config key, help line and documentation are derived from this
 * record. Plain data, so that `--help` loads no validator.
 */
export interface Option<T extends string | number | boolean = string | number | boolean> {
  readonly type: "string" | "integer" | "number" | "boolean";
  readonly default: T | undefined;
  readonly describe: string;
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
}

/** The options of one module, by camelCase name. */
export type Options = Readonly<Record<string, Option>>;

/** The values of a module's options: `undefined` only where an option has no default. */
export type ValuesOf<O extends Options> = {
  readonly [K in keyof O]: O[K] extends { type: "boolean" }
    ? boolean
    : O[K] extends { type: "integer" | "number" }
      ? O[K] extends { default: number }
        ? number
        : number | undefined
      : O[K] extends { default: string }
        ? string
        : string | undefined;
};
