/** Runs `work` over all items, as many at once as `width` says now. The first error ends it, after `onError`. */
export async function inLanes<T>(
  items: readonly T[],
  { width, work, onError }: { width: () => number; work: (item: T) => Promise<void>; onError: () => void },
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const begin = (item: T): void => {
    const run = work(item)
      .catch((error: unknown) => {
        if (failure === undefined) {
          failure = { error };
          onError();
        }
      })
      .finally(() => running.delete(run));
    running.add(run);
  };
  for (const item of items) {
    while (running.size >= width()) await Promise.race(running);
    if (failure !== undefined) break;
    begin(item);
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure.error;
}
