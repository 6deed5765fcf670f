const ASCII: Readonly<Record<string, string>> = {
  "✓": "+",
  "✗": "x",
  "∙": ".",
  "▸": ">",
  "▴": "^",
  "▾": "v",
  "▁": "_",
  "▂": ".",
  "▃": "-",
  "▄": "~",
  "▅": "=",
  "▆": "+",
  "▇": "*",
  "█": "#",
  "▒": ":",
  "░": ".",
  "·": "|",
  "…": "~",
  "⋮": ":",
  "│": "|",
  "└": "+",
  "↑": "^",
  "↓": "v",
  "←": "<",
  "→": ">",
};

/** The same text in ASCII, column for column, for terminals that cannot show more. */
export function toAscii(text: string): string {
  // oxlint-disable-next-line no-control-regex -- the range of ASCII begins with a control character
  return text.replace(/[^\u0000-\u007f]/gu, (character) => ASCII[character] ?? "?".repeat(character.length));
}
