/** A piece of a prompt. Control pieces are parsed as the model's control token, all others as plain text. */
export interface Segment {
  readonly text: string;
  readonly control: boolean;
}

interface Node {
  readonly next: Map<number, Node>;
  end: boolean;
}

/** The texts of a model's control tokens, found fast. */
export interface ControlTexts {
  /** Length of the longest control text that begins at `index`; 0 if none does. */
  lengthAt(text: string, index: number): number;
  /** Whether this is how a control text begins, or a whole one. */
  isBeginning(text: string): boolean;
  /** Whether some control text begins with the code unit at `index`. */
  canBeginAt(text: string, index: number): boolean;
}

/** Texts that are empty or blank are left out: templates trim such characters like any other space. */
export function createControlTexts(texts: Iterable<string>): ControlTexts {
  const root: Node = { next: new Map(), end: false };
  for (const text of texts) {
    if (text.trim() === "") continue;
    let node = root;
    for (let i = 0; i < text.length; i += 1) node = childOf(node, text.charCodeAt(i));
    node.end = true;
  }
  return {
    lengthAt(text, index) {
      let length = 0;
      let node: Node | undefined = root;
      for (let at = index; at < text.length; at += 1) {
        node = node.next.get(text.charCodeAt(at));
        if (!node) break;
        if (node.end) length = at - index + 1;
      }
      return length;
    },
    isBeginning(text) {
      let node: Node | undefined = root;
      for (let i = 0; i < text.length && node; i += 1) node = node.next.get(text.charCodeAt(i));
      return node !== undefined;
    },
    canBeginAt: (text, index) => root.next.has(text.charCodeAt(index)),
  };
}

function childOf(node: Node, unit: number): Node {
  const known = node.next.get(unit);
  if (known) return known;
  const child: Node = { next: new Map(), end: false };
  node.next.set(unit, child);
  return child;
}

/** Code units of the character at `index`: a mark never goes between the halves of one. */
function characterLength(text: string, index: number): number {
  return (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
}

export interface Marking {
  readonly controls: ControlTexts;
  /** One character that occurs nowhere else. */
  readonly mark: string;
  /** Strings that the template itself looks for, such as `</think>`; they stay whole. */
  readonly spared: readonly string[];
}

/**
 * Puts the mark after every character that could begin a control text, so that none survives in what a user wrote, not
 * even one that the template puts together from parts. Behind the character, so that trimming works as ever.
 */
export function markContent(content: string, { controls, mark, spared }: Marking): string {
  const parts: string[] = [];
  let copied = 0;
  for (let i = 0; i < content.length; i += 1) {
    if (!controls.canBeginAt(content, i)) continue;
    if (controls.lengthAt(content, i) === 0 && spared.some((wanted) => content.startsWith(wanted, i))) continue;
    const end = i + characterLength(content, i);
    parts.push(content.slice(copied, end));
    copied = end;
  }
  parts.push(content.slice(copied));
  return parts.join(mark);
}

/** Cuts a rendered prompt at the control texts that came from the template, and takes the marks out. */
export function splitAtControls(rendered: string, { controls, mark }: Omit<Marking, "spared">): Segment[] {
  const escapedMark = escaped(mark);
  const segments: Segment[] = [];
  const pushText = (from: number, to: number): void => {
    const text = rendered.slice(from, to).replaceAll(mark, "").replaceAll(escapedMark, "");
    if (text !== "") segments.push({ text, control: false });
  };
  let copied = 0;
  for (let i = 0; i < rendered.length; i += 1) {
    const length = controls.lengthAt(rendered, i);
    if (length === 0) continue;
    // Only a control text of a single character survives marking whole.
    if (length === characterLength(rendered, i) && rendered.startsWith(mark, i + length)) continue;
    pushText(copied, i);
    segments.push({ text: rendered.slice(i, i + length), control: true });
    copied = i + length;
    i = copied - 1;
  }
  pushText(copied, rendered.length);
  return segments;
}

/** A private-use character that is nowhere in these texts, nor its JSON escape; undefined if all are in use. */
export function unusedCharacter(texts: readonly string[]): string | undefined {
  const used = new Set<string>();
  for (const text of texts) {
    for (const [found] of text.matchAll(/[\ue000-\uf8ff]|\\u[ef][0-9a-f]{3}/gi)) used.add(found.toLowerCase());
  }
  for (let code = 0xe000; code <= 0xf8ff; code += 1) {
    const character = String.fromCharCode(code);
    if (!used.has(character) && !used.has(escaped(character))) return character;
  }
  return undefined;
}

function escaped(mark: string): string {
  return `\\u${mark.charCodeAt(0).toString(16)}`;
}
