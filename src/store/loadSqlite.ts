let module: Promise<typeof import("node:sqlite")> | undefined;

/** Node's SQLite, loaded when a store first opens. Node 22 warns that it is experimental; only that warning is dropped. */
export function loadSqlite(): Promise<typeof import("node:sqlite")> {
  module ??= quietly();
  return module;
}

async function quietly(): Promise<typeof import("node:sqlite")> {
  // oxlint-disable-next-line typescript/unbound-method -- put back as it was, and called with its own this.
  const original = process.emitWarning;
  process.emitWarning = ((...args: Parameters<typeof original>) => {
    const [warning] = args;
    if (!String(warning).includes("SQLite is an experimental feature")) Reflect.apply(original, process, args);
  }) as typeof original;
  try {
    return await import("node:sqlite");
  } finally {
    process.emitWarning = original;
  }
}
