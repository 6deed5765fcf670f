/** A value with one thing changed, and what that was. */
export interface Change {
  readonly what: string;
  readonly value: unknown;
}

/**
 * Every way in which one leaf or one record of a JSON value can be changed a little: characters, numbers, items, fields. Each
 * result differs from the value.
 */
export function changesOf(value: unknown, path = ""): Change[] {
  const here = (what: string, changed: unknown): Change => ({ what: `${path}: ${what}`, value: changed });
  if (typeof value === "string") return stringChanges(value).map((text) => here(`"${text.slice(0, 40)}"`, text));
  if (typeof value === "number") return numberChanges(value).map((number) => here(String(number), number));
  if (typeof value === "boolean") return [here(String(!value), !value)];
  if (Array.isArray(value)) {
    const items = value.flatMap((item, index) =>
      changesOf(item, `${path}.${index}`).map(({ what, value: changed }) => ({
        what,
        value: value.with(index, changed),
      })),
    );
    const drops = value.map((_, index) => here(`without ${index}`, value.toSpliced(index, 1)));
    const more = [...value.keys(), value.length].map((index) =>
      here(`another before ${index}`, value.toSpliced(index, 0, value[index] ?? value[0] ?? 0)),
    );
    return [...items, ...drops, ...more];
  }
  if (value === null || typeof value !== "object") return [here("zero", 0)];
  const fields = Object.entries(value).flatMap(([key, field]) => [
    here(`without ${key}`, Object.fromEntries(Object.entries(value).filter(([other]) => other !== key))),
    ...changesOf(field, `${path}.${key}`).map(({ what, value: changed }) => ({
      what,
      value: { ...value, [key]: changed },
    })),
  ]);
  const extra = ["extra", "toString", "__proto__"].map((key) =>
    here(`with ${key}`, Object.fromEntries([...Object.entries(value), [key, 1]])),
  );
  return [...fields, ...extra, here("null", null), here("an array", [value])];
}

/** Each character replaced, one dropped, one added, the case changed, and forms that look alike. */
function stringChanges(text: string): string[] {
  const flipped = Array.from({ length: Math.min(text.length, 140) }, (_, at) => {
    const code = text.charCodeAt(at);
    return text.slice(0, at) + String.fromCharCode(code === 0x30 ? 0x31 : code ^ 1) + text.slice(at + 1);
  });
  const candidates = [
    ...flipped,
    text.slice(0, -1),
    text.slice(1),
    `${text}0`,
    `0${text}`,
    ` ${text}`,
    `${text}\n`,
    text.toUpperCase(),
    text.toLowerCase(),
    text.normalize("NFD"),
    text.replace("\uFFFD", "\uD800"),
    `${text}\uD800`,
  ];
  return [...new Set(candidates)].filter((candidate) => candidate !== text);
}

function numberChanges(value: number): unknown[] {
  return [value + 1, value - 1, -value, value + 0.5, nextAfter(value), String(value), 1e300, null].filter(
    (candidate) => !Object.is(candidate, value),
  );
}

/** The next greater number that a double can have. */
function nextAfter(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigUint64(0, view.getBigUint64(0) + 1n);
  return view.getFloat64(0);
}
