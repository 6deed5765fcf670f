import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import type { Hex } from "../../../util/types.ts";
import { damaged, readJson, writeJson } from "../../../util/jsonFile.ts";

interface Kept<T> {
  readonly account: Hex;
  readonly record: T;
}

/** Records of one kind on disk, each in a file of its own, all of them in memory. Only its own account sees a record. */
export class Shelf<T extends { readonly id: string; readonly createdAt: number }> {
  readonly #folder: string;
  readonly #schema: z.ZodType<T>;
  readonly #prefix: string;
  readonly #kept = new Map<string, Kept<T>>();

  constructor({ folder, prefix, schema }: { folder: string; prefix: string; schema: z.ZodType<T> }) {
    this.#folder = folder;
    this.#prefix = prefix;
    this.#schema = schema;
  }

  /** Throws `home-damaged` for a record that cannot be understood. */
  async load(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    for (const account of await readdir(this.#folder)) {
      for (const name of await readdir(join(this.#folder, account))) {
        if (!name.startsWith(this.#prefix) || !name.endsWith(".json")) continue;
        const file = join(this.#folder, account, name);
        const parsed = this.#schema.safeParse(await readJson(file));
        if (!parsed.success) throw damaged(file, { reason: "not a record of this version", cause: parsed.error });
        this.#kept.set(parsed.data.id, { account: account as Hex, record: parsed.data });
      }
    }
  }

  get(account: Hex, id: string): T | undefined {
    const kept = this.#kept.get(id);
    return kept?.account === account ? kept.record : undefined;
  }

  /** Newest first. */
  list(account: Hex): readonly T[] {
    return this.all()
      .filter((kept) => kept.account === account)
      .map(({ record }) => record)
      .toReversed()
      .toSorted((a, b) => b.createdAt - a.createdAt);
  }

  all(): readonly Kept<T>[] {
    return [...this.#kept.values()];
  }

  /** Resolves when the record is on disk; reads see it at once. */
  async put(account: Hex, record: T): Promise<void> {
    this.#kept.set(record.id, { account, record });
    await writeJson(this.path(account, record.id, "json"), record);
  }

  /** In memory alone, for what can be counted again from elsewhere. */
  show(account: Hex, record: T): void {
    this.#kept.set(record.id, { account, record });
  }

  /** Takes the record away, then the files of these other kinds. */
  async remove(account: Hex, { id, kinds }: { id: string; kinds: readonly string[] }): Promise<void> {
    this.#kept.delete(id);
    for (const kind of ["json", ...kinds]) await rm(this.path(account, id, kind), { force: true });
  }

  path(account: Hex, id: string, kind: string): string {
    return join(this.#folder, account, `${id}.${kind}`);
  }
}
