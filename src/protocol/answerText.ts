export interface AnswerTextInput {
  /** All output ids of the answer so far, those of earlier attempts too. */
  readonly ids: readonly number[];
  /** Decodes as one piece; an incomplete UTF-8 tail gives U+FFFD. */
  readonly detokenize: (ids: readonly number[]) => string;
  readonly stop: readonly string[];
  /** The answer has ended, so that nothing can complete a stop string any more. Default: false. */
  readonly ended?: boolean;
}

export interface AnswerText {
  readonly text: string;
  /** A stop string was found. The token that completed it counts as output; the string is not shown. */
  readonly stopped: boolean;
}

/**
 * The text that may be shown for these output ids: decoded as one piece, less an incomplete UTF-8 tail, less the longest
 * tail that may begin a stop string. A frame's text is the difference to that of the ids before, so an attempt that
 * resumes another goes on at the right byte. Text once shown stays: it only grows with more ids.
 */
export function answerText({ ids, detokenize, stop, ended = false }: AnswerTextInput): AnswerText {
  const text = withoutOpenTail(detokenize(ids));
  const found = firstStop(text, stop);
  if (found !== undefined) return { text: text.slice(0, found), stopped: true };
  return { text: ended ? text : text.slice(0, text.length - heldBack(text, stop)), stopped: false };
}

/** A later byte can still turn these into a character. */
function withoutOpenTail(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === "\ufffd") end -= 1;
  return text.slice(0, end);
}

/** Where the stop string begins that is complete first: more text never changes that. */
function firstStop(text: string, stop: readonly string[]): number | undefined {
  let found: { start: number; end: number } | undefined;
  for (const wanted of stop) {
    const start = wanted === "" ? -1 : text.indexOf(wanted);
    if (start === -1) continue;
    const end = start + wanted.length;
    if (!found || end < found.end || (end === found.end && start < found.start)) found = { start, end };
  }
  return found?.start;
}

/** Length of the longest tail that is the beginning of a stop string. */
function heldBack(text: string, stop: readonly string[]): number {
  let longest = 0;
  for (const wanted of stop) {
    for (let length = Math.min(wanted.length - 1, text.length); length > longest; length -= 1) {
      if (text.endsWith(wanted.slice(0, length))) longest = length;
    }
  }
  return longest;
}
