import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Home, NODE_NAME } from "../../node/home.ts";
import { type LogEntry, type LogFilter, parseLogLine } from "./logEntry.ts";
import { LogTail } from "./logTail.ts";

export interface NodeLogsOptions {
  readonly home: Home;
  /** This node alone. */
  readonly only: string | undefined;
  readonly filter: LogFilter;
}

/** The logs of a home's nodes, merged by time. */
export class NodeLogs {
  readonly #options: NodeLogsOptions;
  readonly #tails = new Map<string, LogTail>();

  constructor(options: NodeLogsOptions) {
    this.#options = options;
  }

  /** Names of nodes that have a log. */
  async names(): Promise<string[]> {
    const { home } = this.#options;
    const folders = await readdir(join(home.root, "nodes")).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    return folders.filter((name) => NODE_NAME.test(name) && existsSync(this.#file(name))).sort();
  }

  /** Entries that were not given before, the oldest first: the newest `most` of them. A node that is new is read from its start. */
  async read(most = Number.POSITIVE_INFINITY): Promise<readonly LogEntry[]> {
    const { only } = this.#options;
    const names = (await this.names()).filter((name) => only === undefined || name === only);
    const found = await Promise.all(names.map((name) => this.#newest(name, most)));
    const merged = found.flat().sort((a, b) => a.time - b.time);
    return merged.length > most ? merged.slice(-most) : merged;
  }

  async #newest(node: string, most: number): Promise<readonly LogEntry[]> {
    const { filter } = this.#options;
    let entries: LogEntry[] = [];
    for await (const line of this.#tail(node).lines()) {
      const entry = parseLogLine(line, { node, filter });
      if (entry === undefined) continue;
      entries.push(entry);
      // A log has 64 MiB; what nobody will see is not kept.
      if (entries.length > 2 * most) entries = entries.slice(-most);
    }
    return entries;
  }

  #tail(node: string): LogTail {
    const tail = this.#tails.get(node) ?? new LogTail(this.#file(node));
    this.#tails.set(node, tail);
    return tail;
  }

  #file(node: string): string {
    return join(this.#options.home.node(node).logFolder, "node.log");
  }
}
