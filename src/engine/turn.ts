/** Lets everything that waits in the event loop run once. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
