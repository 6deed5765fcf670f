/** What somebody can begin with: a word, what it is, and the command. */
export const DOORS: readonly (readonly [word: string, about: string, command: string])[] = [
  ["Try it", "a practice network on this machine", "cortensor up"],
  ["Earn", "serve models with this machine", "cortensor miner start"],
  ["Build", "an endpoint for your app", "cortensor up --detach"],
  ["Watch", "a network without serving in it", "cortensor network join URL"],
];
