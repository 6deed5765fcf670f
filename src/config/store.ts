import { basename, dirname } from "node:path";
import Conf from "conf";
import { damaged } from "../util/jsonFile.ts";

/** Writes settings to the config file. Only `config set`, `config unset` and `network use` do: writers at once lose updates. */
export class ConfigStore {
  readonly #conf: Conf;

  /** Throws `home-damaged` when the file is not JSON. */
  constructor(file: string) {
    try {
      this.#conf = new Conf({ cwd: dirname(file), configName: basename(file, ".json"), configFileMode: 0o600 });
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw damaged(file, { reason: error.message, cause: error });
    }
  }

  /** A dot in the key goes one record deeper. */
  set(key: string, value: string | number | boolean): void {
    this.#conf.set(key, value);
  }

  has(key: string): boolean {
    return this.#spellings(key).some((spelling) => this.#conf.has(spelling));
  }

  /** Whether there was a value. */
  unset(key: string): boolean {
    const there = this.#spellings(key).filter((spelling) => this.#conf.has(spelling));
    for (const spelling of there) this.#conf.delete(spelling);
    return there.length > 0;
  }

  /** Nested, and as one word with dots, which somebody may have written by hand. */
  #spellings(key: string): string[] {
    return [key, key.replaceAll(".", "\\.")];
  }
}
