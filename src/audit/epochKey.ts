const DIGITS = 10;

/** An epoch in a row's key: keys sort as the epochs do. */
export function epochKey(epoch: number): string {
  return String(epoch).padStart(DIGITS, "0");
}

/** The epoch that a key begins with. */
export function epochOfKey(key: string): number {
  return Number(key.slice(0, DIGITS));
}
