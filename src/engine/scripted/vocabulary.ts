const WORDS = (
  "the a an of in on to with from by at for and but or so because when while where then now here there this that " +
  "one two three four many few some every small large old new quiet bright warm cold slow quick plain green blue red " +
  "river stone bird tree house road light water wind night morning market garden window letter story question answer " +
  "number machine network token model reader friend child teacher sailor farmer baker clock ship train bridge island " +
  "is was has gives takes keeps finds turns moves begins ends carries holds follows opens closes counts reads writes " +
  "grows falls stands speaks listens remembers together always never often again slowly gently nearly almost still"
).split(" ");
const MARKS = [".", ",", ";", "\n"];
/** Characters of two, three and four bytes; each is spoken byte by byte, as real tokenizers do with rare characters. */
const CHARACTERS = ["é", "ß", "ñ", "犬", "猫", "…", "🐕", "🦊"];

const encoder = new TextEncoder();
const HIGH_BYTE = 128;
const START = 256;
const END = 257;
const FIRST_SPOKEN_BYTE = 258;
const FIRST_WORD = FIRST_SPOKEN_BYTE + HIGH_BYTE;
const PIECES = [...WORDS.map((word) => ` ${word}`), ...MARKS].map((text) => encoder.encode(text));
const SPELLINGS = CHARACTERS.map((character) => encoder.encode(character));

/** The texts of control tokens by id. */
export const CONTROL_TEXTS: ReadonlyMap<number, string> = new Map([
  [START, "<|im_start|>"],
  [END, "<|im_end|>"],
]);
export const END_ID = END;
export const VOCABULARY_SIZE = FIRST_WORD + PIECES.length;

/** Ids that may begin a word or a character: what is said next when no character is unfinished. */
export const BEGINNINGS: readonly number[] = [
  ...PIECES.map((_, index) => FIRST_WORD + index),
  ...new Set(SPELLINGS.map((bytes) => spokenByte(bytes[0] ?? HIGH_BYTE))),
];

/**
 * Whether the script says this id. What a script says and what it hears are different ids, so that the end of `ids`
 * tells how much of the answer has been said, also when another engine goes on with it.
 */
export function isSpoken(id: number): boolean {
  return id >= FIRST_SPOKEN_BYTE && id < VOCABULARY_SIZE;
}

/** The ids that may follow an unfinished character at the end of `ids`; empty when there is none. */
export function continuations(ids: readonly number[]): readonly number[] {
  const tail: number[] = [];
  for (let at = ids.length - 1; at >= 0 && tail.length < 4; at -= 1) {
    const byte = byteOfSpoken(ids[at] ?? 0);
    if (byte === undefined) break;
    tail.unshift(byte);
    if (byte >= 0xc0) return following(tail);
  }
  return [];
}

/** Bytes as they are; with `control`, the texts of control tokens as those tokens. */
export function tokenize(text: string, control: boolean): number[] {
  if (!control) return [...encoder.encode(text)];
  const ids: number[] = [];
  for (const part of text.split(/(<\|im_(?:start|end)\|>)/)) {
    if (part === "<|im_start|>") ids.push(START);
    else if (part === "<|im_end|>") ids.push(END);
    else for (const byte of encoder.encode(part)) ids.push(byte);
  }
  return ids;
}

export function detokenize(ids: readonly number[]): string {
  const bytes: number[] = [];
  for (const id of ids) {
    const spoken = byteOfSpoken(id);
    if (id < START) bytes.push(id);
    else if (spoken !== undefined) bytes.push(spoken);
    else for (const byte of PIECES[id - FIRST_WORD] ?? []) bytes.push(byte);
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

function following(tail: readonly number[]): number[] {
  const next = new Set<number>();
  for (const bytes of SPELLINGS) {
    if (bytes.length > tail.length && tail.every((byte, at) => byte === bytes[at])) {
      next.add(spokenByte(bytes[tail.length] ?? HIGH_BYTE));
    }
  }
  return [...next];
}

function spokenByte(byte: number): number {
  return FIRST_SPOKEN_BYTE + byte - HIGH_BYTE;
}

function byteOfSpoken(id: number): number | undefined {
  return id >= FIRST_SPOKEN_BYTE && id < FIRST_WORD ? id - FIRST_SPOKEN_BYTE + HIGH_BYTE : undefined;
}
