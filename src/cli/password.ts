import { readFileSync } from "node:fs";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Flags } from "./flag.ts";
import { askLine, type Terminal } from "./output/prompt.ts";

/** The options of every command that opens or makes an owner's key. Never the password itself: argv is for all to see. */
export const passwordFlags = {
  passwordFile: {
    type: "string",
    default: undefined,
    value: "FILE",
    describe: "read the password from this file (mode 0600)",
  },
  passwordFd: {
    type: "integer",
    default: undefined,
    value: "N",
    min: 0,
    max: 65535,
    describe: "read the password from this file descriptor",
  },
} as const satisfies Flags;

/** Where a password may come from. */
export interface PasswordSource {
  readonly passwordFile?: string | undefined;
  readonly passwordFd?: number | undefined;
  /** Asked twice, and long enough. */
  readonly isNew?: boolean;
}

export interface PasswordOptions {
  /** Whose password, such as `the owner wallet`. */
  readonly whose: string;
  readonly source: PasswordSource;
  /** Undefined when nothing can be asked. */
  readonly terminal: Terminal | undefined;
  /** The command that would work, for the error when nothing can be asked. */
  readonly retry: string;
}

const LEAST_CHARACTERS = 8;

/** A password from a file, a descriptor or a hidden prompt. Throws `password-needed`, and `config-invalid` for a file it cannot use. */
export async function readPassword(options: PasswordOptions): Promise<string> {
  const { source } = options;
  const given = await fromFlags(source);
  if (given !== undefined) return source.isNew === true ? checkNew(given) : given;
  return source.isNew === true ? askNew(options) : ask(options, "hidden");
}

async function fromFlags({ passwordFile, passwordFd }: PasswordSource): Promise<string | undefined> {
  if (passwordFd !== undefined) return fromDescriptor(passwordFd);
  if (passwordFile === undefined) return undefined;
  const { readPasswordFile } = await import("../keys/index.ts");
  return readPasswordFile(passwordFile);
}

function fromDescriptor(descriptor: number): string {
  let text: string;
  try {
    text = readFileSync(descriptor, "utf8");
  } catch (error) {
    throw new CortensorError("password-needed", `no password can be read from file descriptor ${descriptor}`, {
      why: [["seen", (error as Error).message]],
      data: { descriptor },
      cause: error,
    });
  }
  const password = text.replace(/\r?\n$/, "");
  if (password !== "") return password;
  throw new CortensorError("password-needed", `file descriptor ${descriptor} holds no password`, {
    data: { descriptor },
  });
}

function ask({ whose, terminal, retry }: PasswordOptions, hint: string): Promise<string> {
  if (terminal !== undefined) return askLine({ question: `Password for ${whose} (${hint}): `, hidden: true }, terminal);
  throw new CortensorError("password-needed", `${whose} needs its password and there is no terminal`, {
    why: [["why", "unattended start reads it from a file (mode 0600), never from the environment"]],
    try: retry,
  });
}

async function askNew(options: PasswordOptions): Promise<string> {
  const first = checkNew(await ask(options, `${LEAST_CHARACTERS} or more, hidden`));
  const terminal = options.terminal;
  const second = terminal === undefined ? first : await askLine({ question: "again: ", hidden: true }, terminal);
  if (second === first) return first;
  throw new CortensorError("password-wrong", "the two passwords differ; nothing was written", {
    try: "the same command again",
  });
}

function checkNew(password: string): string {
  const characters = Array.from(password).length;
  if (characters >= LEAST_CHARACTERS) return password;
  throw new CortensorError(
    "password-needed",
    `a password has ${LEAST_CHARACTERS} or more characters, and this one has ${characters}`,
    {
      data: { characters },
    },
  );
}
