import { CortensorError } from "../errors/cortensorError.ts";

const BUSY = 5;
const LOCKED = 6;

/** Runs an operation on a store's file and tells its failures as home-in-use or home-damaged, naming the file. */
export function overFile<T>(file: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw fileError(file, error);
  }
}

/** What a failed operation on a store's file means to people. */
export function fileError(file: string, error: unknown): Error {
  if (!(error instanceof Error) || error instanceof CortensorError) return error as Error;
  const more = { data: { file }, cause: error };
  // Extended result codes keep the plain one in their low byte.
  const result = (error as { errcode?: number }).errcode ?? 0;
  if ([BUSY, LOCKED].includes(result & 0xff)) {
    return new CortensorError("home-in-use", `another process has the store ${file} open`, {
      why: [["why", "one process per node: two would sign for the same money"]],
      try: "cortensor status",
      ...more,
    });
  }
  return new CortensorError("home-damaged", `the store ${file} cannot be used`, {
    why: [["why", error.message]],
    ...more,
  });
}
