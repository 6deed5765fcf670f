/** What is asked of each chunk. */
export const MAP_PROMPT = `{instruction}

The text below is one part of a longer text. Answer from this part alone, in a few sentences, and leave out what it does not say.

{text}`;

/** What is asked of the answers of several chunks, or of answers of this prompt. */
export const REDUCE_PROMPT = `{instruction}

Below are {count} answers to this, each for one part of a longer text, in the order of the parts. Put them together into one answer for the whole text, and say nothing twice.

{answers}`;

/** What is asked when the whole text fits at once. */
export const WHOLE_PROMPT = `{instruction}

{text}`;

export function mapPrompt(instruction: string, text: string): string {
  return fill(MAP_PROMPT, { instruction, text });
}

export function wholePrompt(instruction: string, text: string): string {
  return fill(WHOLE_PROMPT, { instruction, text });
}

export function reducePrompt(instruction: string, answers: readonly string[]): string {
  const numbered = answers.map((answer, at) => `${at + 1}. ${answer.trim()}`).join("\n\n");
  return fill(REDUCE_PROMPT, { instruction, count: String(answers.length), answers: numbered });
}

/** In one pass, so that braces in what people wrote stay as they are. */
function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
