/** A terminal that answers at all does so within this time. */
const ANSWER_MS = 100;
// oxlint-disable-next-line no-control-regex -- the answer is an escape sequence
const ANSWER = /\u001b\[\d+;(\d+)R/;

interface Ends {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
}

/**
 * Whether the terminal draws `─` one column wide, as all our glyphs must be: it is drawn, and the terminal asked where its
 * cursor is. True when there is no answer. Keys typed meanwhile are kept for whoever reads next.
 */
export async function drawsNarrow({ stdin, stdout }: Ends): Promise<boolean> {
  const answer = Promise.withResolvers<void>();
  let seen = "";
  const onData = (part: Buffer | string): void => {
    seen += part.toString();
    if (ANSWER.test(seen)) answer.resolve();
  };
  const timer = setTimeout(answer.resolve, ANSWER_MS);
  stdin.setRawMode(true);
  stdin.on("data", onData);
  try {
    stdout.write("\r─\u001b[6n");
    await answer.promise;
  } finally {
    clearTimeout(timer);
    stdin.off("data", onData);
    stdin.pause();
    stdin.setRawMode(false);
    stdout.write("\r\u001b[2K");
  }
  // Node stops a paused stdin one tick later, and would stop it under whoever began to read in between.
  await new Promise((resolve) => setImmediate(resolve));
  const keys = seen.replace(ANSWER, "");
  if (keys !== "") stdin.unshift(Buffer.from(keys));
  const column = ANSWER.exec(seen)?.[1];
  return column === undefined || column === "2";
}
