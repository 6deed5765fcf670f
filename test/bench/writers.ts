export interface Writer {
  readonly name: string;
  /** File name without `.gguf`. */
  readonly model: string;
  readonly threads: number;
  readonly flashAttention: boolean;
  /** A system prompt that nobody asked for. */
  readonly system?: string;
  readonly temperatureFactor: number;
  /** Questions of which one is asked; several threads on a busy machine are slow. */
  readonly oneOf: number;
}

export const REFERENCE = "cortensor-tiny-q8_0";

const HONEST: Omit<Writer, "name"> = {
  model: REFERENCE,
  threads: 1,
  flashAttention: true,
  temperatureFactor: 1,
  oneOf: 1,
};

/** Who writes answers: honest on machines of several kinds, and the nearest cheats. */
export const WRITERS: readonly Writer[] = [
  { ...HONEST, name: "honest, same settings" },
  { ...HONEST, name: "honest, no flash attention", flashAttention: false },
  { ...HONEST, name: "f16 (better weights)", model: "cortensor-tiny-f16" },
  { ...HONEST, name: "q5_0", model: "cortensor-tiny-q5_0" },
  { ...HONEST, name: "q4_0", model: "cortensor-tiny-q4_0" },
  { ...HONEST, name: "smaller model", model: "cortensor-mini-q8_0" },
  { ...HONEST, name: "other system prompt", system: "Answer in one short sentence." },
  { ...HONEST, name: "temperature times 0.8", temperatureFactor: 0.8 },
  { ...HONEST, name: "honest, two threads", threads: 2, oneOf: 12 },
];
