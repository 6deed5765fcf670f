/** What the description of a route with a key has in common. */
export const KEYED = { security: [{ key: [] }] as { key: string[] }[] };
