import { nearest } from "../../util/nearest.ts";

/** What can be typed instead of a question: the word, what follows it, what it does. */
export const SLASH_COMMANDS = [
  ["/model", "[NAME]", "ask another model, or see which are served"],
  ["/system", "[TEXT]", "instructions before every question; none clears them"],
  ["/retry", "", "ask the last question again, for another answer"],
  ["/save", "FILE", "write the conversation to a file"],
  ["/clear", "", "begin anew"],
  ["/help", "", "this list"],
  ["/quit", "", "leave, as Ctrl-D does"],
] as const;

export type SlashWord = (typeof SLASH_COMMANDS)[number][0];

/** What a typed line is: a question, one of the commands with what follows it, or a word that is none with the nearest one. */
export type Typed =
  | { readonly kind: "nothing" }
  | { readonly kind: "question"; readonly text: string }
  | { readonly kind: "command"; readonly word: SlashWord; readonly rest: string }
  | { readonly kind: "unknown"; readonly word: string; readonly nearest: string | undefined };

/** A line that begins with a slash is a command; two slashes begin a question with one. */
export function typedOf(line: string): Typed {
  const text = line.trim();
  if (text === "") return { kind: "nothing" };
  if (!text.startsWith("/")) return { kind: "question", text };
  if (text.startsWith("//")) return { kind: "question", text: text.slice(1) };
  const [word = "", ...rest] = text.split(/\s+/);
  const words = SLASH_COMMANDS.map(([name]) => name);
  const found = words.find((name) => name === word);
  if (found === undefined) return { kind: "unknown", word, nearest: nearest(word, words) };
  return { kind: "command", word: found, rest: text.slice(word.length).trim() || rest.join(" ") };
}
