/** A word as a POSIX shell reads it back. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** This command line again with something behind its options, to be printed as a `try`. */
export function again(argv: readonly string[], more: string): string {
  const end = argv.indexOf("--");
  const words = argv.map(quoted);
  words.splice(end === -1 ? words.length : end, 0, more);
  return ["cortensor", ...words].join(" ");
}
