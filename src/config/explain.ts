import type { Resolved } from "./resolve.ts";
import { rangeOf } from "./schema.ts";

/** A setting explained, as `config explain --json` prints it. */
export interface Explanation {
  readonly key: string;
  readonly value: string | number | boolean | null;
  readonly source: Resolved["source"];
  readonly describe: string;
  readonly range: string;
  readonly unit: string | null;
  readonly default: string | number | boolean | null;
  readonly environment: string;
}

export function explain({ setting, value, source }: Resolved): Explanation {
  const { key, environment, option } = setting;
  return {
    key,
    value: value ?? null,
    source,
    describe: option.describe,
    range: rangeOf(option),
    unit: option.unit ?? null,
    default: option.default ?? null,
    environment,
  };
}
