import { styleText } from "node:util";

/** The glyphs of the program, each one column wide, also in ASCII. */
const GLYPHS = {
  ok: ["✓", "+"],
  warn: ["!", "!"],
  error: ["✗", "x"],
  idle: ["∙", "."],
  selected: ["▸", ">"],
  command: ["=", "="],
  between: ["·", "|"],
  cut: ["…", "~"],
  barDone: ["█", "#"],
  barLeft: ["░", "."],
} as const;

export type Glyphs = Readonly<Record<keyof typeof GLYPHS, string>>;

const ROLES = { strong: "bold", muted: "dim", accent: "cyan", ok: "green", warn: "yellow", error: "red" } as const;
export type Style = Readonly<Record<keyof typeof ROLES, (text: string) => string>>;

/** How text to one stream looks: colours and glyphs it can show, and its width. */
export interface Look {
  readonly style: Style;
  readonly glyph: Glyphs;
  readonly ascii: boolean;
  readonly color: boolean;
  /** Columns; 80 when the stream is no terminal. */
  readonly columns: number;
}

export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Decides once per stream. `flags` are `--no-color` and `--ascii`. */
export function lookOf(
  stream: OutputStream,
  { env, flags }: { env: NodeJS.ProcessEnv; flags: { readonly color: boolean; readonly ascii: boolean } },
): Look {
  const color = flags.color && wantsColor(stream, env);
  const ascii = flags.ascii || wantsAscii(env);
  const style = Object.fromEntries(
    Object.entries(ROLES).map(([role, format]) => [
      role,
      // The decision is made above, with the environment that was passed in.
      (text: string) => (color ? styleText(format, text, { validateStream: false }) : text),
    ]),
  ) as Style;
  const glyph = Object.fromEntries(Object.entries(GLYPHS).map(([name, pair]) => [name, pair[ascii ? 1 : 0]])) as Glyphs;
  return { style, glyph, ascii, color, columns: stream.columns ?? 80 };
}

function wantsColor(stream: OutputStream, env: NodeJS.ProcessEnv): boolean {
  if ((env.NO_COLOR ?? "") !== "" || env.TERM === "dumb") return false;
  if ((env.FORCE_COLOR ?? "") !== "") return env.FORCE_COLOR !== "0";
  return stream.isTTY === true;
}

function wantsAscii(env: NodeJS.ProcessEnv): boolean {
  if ((env.CORTENSOR_ASCII ?? "") !== "" && env.CORTENSOR_ASCII !== "0") return true;
  if (env.TERM === "dumb" || env.TERM === "linux") return true;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  // An unset locale is common in containers, whose terminals show UTF-8 all the same.
  return locale !== undefined && locale !== "" && !/utf-?8/i.test(locale);
}
