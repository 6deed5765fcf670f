/** `0x` and lower-case hexadecimal digits. */
export type Hex = `0x${string}`;

/** A 20-byte chain address, lower case. Compare with `===`; checksummed forms exist only at the edges. */
export type Address = Hex;

/** The time in milliseconds since 1970 and timers, passed in so that tests can run on a fake clock. */
export interface Clock {
  now(): number;
  /** Calls `action` once after `delayMs`; the returned function cancels. Never keeps a process alive. */
  after(delayMs: number, action: () => void): () => void;
}

/** A part with a life: the constructor stores, `start` works, `stop` may be called twice. */
export interface Startable {
  start(signal?: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}
