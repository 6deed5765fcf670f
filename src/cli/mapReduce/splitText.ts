/** Where a sentence ends, with what closes it and the space after it; a point within a number is no end. */
const SENTENCE_END = /[.!?]+["'”’»)\]]*(?=\s|$)\s*|[。！？]+["'”’»)\]]*\s*|\n\s*/gu;
const WORD_END = /\s+/gu;

/**
 * Chunks of at most so many UTF-8 bytes that are the text again when they are joined. Cut on sentence ends; a sentence that
 * is longer between words, and a word that is longer between characters.
 */
export function splitText(text: string, maxBytes: number): string[] {
  return pack(piecesOf(text, SENTENCE_END), maxBytes, (sentence) =>
    pack(piecesOf(sentence, WORD_END), maxBytes, (word) =>
      pack(Array.from(word), maxBytes, (character) => [character]),
    ),
  );
}

/** As many pieces a chunk as fit; `cut` makes smaller ones of a piece that does not fit alone. */
function pack(pieces: readonly string[], maxBytes: number, cut: (piece: string) => readonly string[]): string[] {
  const chunks: string[] = [];
  let chunk: string[] = [];
  let bytes = 0;
  const close = (): void => {
    if (chunk.length > 0) chunks.push(chunk.join(""));
    chunk = [];
    bytes = 0;
  };
  for (const piece of pieces) {
    const size = Buffer.byteLength(piece);
    if (bytes + size > maxBytes) close();
    if (size > maxBytes) chunks.push(...cut(piece));
    else {
      chunk.push(piece);
      bytes += size;
    }
  }
  close();
  return chunks;
}

/** The text cut behind each match. */
function piecesOf(text: string, end: RegExp): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (const { index, 0: found } of text.matchAll(end)) {
    pieces.push(text.slice(from, index + found.length));
    from = index + found.length;
  }
  if (from < text.length) pieces.push(text.slice(from));
  return pieces;
}
