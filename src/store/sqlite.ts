import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { checkWrites } from "./checkWrites.ts";
import { Group } from "./group.ts";
import type { ScanOptions, Store, Write } from "./interface.ts";
import { loadSqlite } from "./loadSqlite.ts";
import { type Page, pagedScan, type Row } from "./pagedScan.ts";
import { SharedSync } from "./sharedSync.ts";
import { fileError, overFile } from "./sqliteErrors.ts";

export interface SqliteStoreOptions {
  /** Made with mode 0600 when missing, its folder with 0700. */
  readonly file: string;
}

const FORMAT = 1;
/** Keys are hashes, so that every page is as likely to be needed next. */
const CACHE_KIB = 32_768;
/** The log has so many pages of 4 KiB before they are brought into the file, each once. */
const LOG_PAGES = 4000;
/** SQLite sorts every blob after every text. */
const AFTER_ALL_TEXT = Uint8Array.of(0);

interface Opened {
  readonly db: DatabaseSync;
  readonly log: FileHandle;
  readonly sync: SharedSync;
  readonly put: StatementSync;
  readonly remove: StatementSync;
  readonly get: StatementSync;
  readonly forward: StatementSync;
  readonly backward: StatementSync;
}

/**
 * A store in one SQLite file. Rows are written at once into a transaction that the event-loop turn shares, which is how
 * reads see them early. Its commit appends to SQLite's write-ahead log, which is then synced beside the event loop, as
 * `synchronous = FULL` would do within it.
 */
export class SqliteStore implements Store {
  readonly #file: string;
  #opened: Opened | undefined;
  #group: Group | undefined;
  /** After a sync that failed nobody knows what is on disk. */
  #failed: Error | undefined;

  constructor({ file }: SqliteStoreOptions) {
    this.#file = file;
  }

  /** Throws home-in-use, home-damaged. */
  async start(signal?: AbortSignal): Promise<void> {
    if (this.#opened !== undefined) return;
    const { DatabaseSync } = await loadSqlite();
    try {
      await createPrivate(this.#file);
      signal?.throwIfAborted();
      const statements = prepared(new DatabaseSync(this.#file));
      const log = await open(`${this.#file}-wal`, "r+").catch((error: unknown) => {
        statements.db.close();
        throw error;
      });
      this.#opened = { ...statements, log, sync: new SharedSync(() => log.datasync()) };
      this.#failed = undefined;
    } catch (error) {
      if (signal?.aborted) throw error;
      throw fileError(this.#file, error);
    }
  }

  async stop(): Promise<void> {
    this.#group?.close();
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened === undefined) return;
    const synced = opened.sync.after().catch(() => undefined);
    // Brings the log into the file, synced.
    overFile(this.#file, () => opened.db.close());
    await synced;
    await opened.log.close();
  }

  async write(writes: readonly Write[]): Promise<void> {
    const opened = this.#open();
    const { db, put, remove } = opened;
    if (this.#failed !== undefined) throw this.#failed;
    checkWrites(writes);
    try {
      this.#group ??= this.#begin(opened);
      for (const { table, key, value } of writes) {
        if (value === undefined) remove.run(table, key);
        else put.run(table, key, value);
      }
    } catch (cause) {
      // The disk is full or fails: the whole turn is undone, so that no write stays half done.
      const error = fileError(this.#file, cause);
      this.#group?.fail(error);
      this.#undo(db);
      throw error;
    }
    await this.#group.done;
  }

  get(table: string, key: string): Uint8Array | undefined {
    const { get } = this.#open();
    const row = overFile(this.#file, () => get.get(table, key));
    return row && bytesOf(row.value);
  }

  scan(table: string, options?: ScanOptions): Iterable<Row> {
    return pagedScan((page) => this.#page(table, page), options);
  }

  #page(
    table: string,
    { from, below = AFTER_ALL_TEXT, limit, reverse }: Omit<Page, "below"> & { below?: Page["below"] | Uint8Array },
  ): Row[] {
    const { forward, backward } = this.#open();
    const statement = reverse ? backward : forward;
    const rows = overFile(this.#file, () => statement.all(table, from, below, limit));
    return rows.map(({ key, value }) => [key as string, bytesOf(value)]);
  }

  #begin({ db, sync }: Opened): Group {
    db.exec("BEGIN IMMEDIATE");
    return new Group(() => {
      this.#group = undefined;
      try {
        db.exec("COMMIT");
      } catch (error) {
        this.#undo(db);
        throw fileError(this.#file, error);
      }
      return sync.after().catch((error: unknown) => {
        this.#failed = fileError(this.#file, error);
        throw this.#failed;
      });
    });
  }

  #undo(db: DatabaseSync): void {
    this.#group = undefined;
    try {
      db.exec("ROLLBACK");
    } catch {
      // Some failures end the transaction themselves. If it is still there, the next one cannot begin and says so.
    }
  }

  #open(): Opened {
    if (this.#opened === undefined) throw new Error(`the store ${this.#file} is not open`);
    return this.#opened;
  }
}

/** Prompts and payments are nobody else's business; SQLite gives its side files the same mode. */
async function createPrivate(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await (await open(file, "a", 0o600)).close();
}

function prepared(db: DatabaseSync): Omit<Opened, "log" | "sync"> {
  try {
    // Exclusive: a second process cannot even read what the first is about to change.
    db.exec("PRAGMA locking_mode = EXCLUSIVE");
    const isNew = checkFormat(db);
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    db.exec(`PRAGMA cache_size = -${CACHE_KIB}; PRAGMA wal_autocheckpoint = ${LOG_PAGES}`);
    if (isNew) createTable(db);
    const range = "SELECT key, value FROM kv WHERE tbl = ? AND key >= ? AND key < ? ORDER BY key";
    return {
      db,
      put: db.prepare("INSERT INTO kv VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"),
      remove: db.prepare("DELETE FROM kv WHERE tbl = ? AND key = ?"),
      get: db.prepare("SELECT value FROM kv WHERE tbl = ? AND key = ?"),
      forward: db.prepare(`${range} LIMIT ?`),
      backward: db.prepare(`${range} DESC LIMIT ?`),
    };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Whether the file is still empty. Comes before all that changes it: it may be another program's. */
function checkFormat(db: DatabaseSync): boolean {
  const version = db.prepare("PRAGMA user_version").get()?.user_version;
  if (version === FORMAT) return false;
  const { tables } = db.prepare("SELECT count(*) AS tables FROM sqlite_master").get() as { tables: number };
  if (version === 0 && tables === 0) return true;
  throw new Error(`it has format ${String(version)}, this program reads ${FORMAT}`);
}

function createTable(db: DatabaseSync): void {
  db.exec(`
    BEGIN IMMEDIATE;
    CREATE TABLE kv (tbl TEXT NOT NULL, key TEXT NOT NULL, value BLOB, PRIMARY KEY (tbl, key)) WITHOUT ROWID;
    PRAGMA user_version = ${FORMAT};
    COMMIT;`);
}

/** An empty value is stored as NULL by Node's binding. */
function bytesOf(value: unknown): Uint8Array {
  return (value as Uint8Array | null) ?? new Uint8Array();
}
