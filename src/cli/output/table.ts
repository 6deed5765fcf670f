/** A column of a plain table. */
export interface Column {
  readonly title: string;
  /** Numbers stand right, so that their digits align. */
  readonly right?: true;
}

/** Lines of a table: titles, then one line a row, two spaces between columns, no trailing space. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const all = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, index) => Math.max(...all.map((row) => width(row[index] ?? ""))));
  return all.map((row) =>
    columns
      .map(({ right }, index) => {
        const text = row[index] ?? "";
        const space = " ".repeat((widths[index] ?? 0) - width(text));
        return right === true ? space + text : text + space;
      })
      .join("  ")
      .trimEnd(),
  );
}

/** Labels and values, the values aligned. */
export function fieldLines(fields: readonly (readonly [label: string, value: string])[]): string[] {
  const column = Math.max(0, ...fields.map(([label]) => width(label))) + 3;
  return fields.map(([label, value]) => `${label}${" ".repeat(column - width(label))}${value}`.trimEnd());
}

/** Characters, without the colours around them. All glyphs of ours are one column wide. */
function width(text: string): number {
  // oxlint-disable-next-line no-control-regex -- escape sequences begin with a control character
  return Array.from(text.replace(/\u001b\[[0-9;]*m/g, "")).length;
}
