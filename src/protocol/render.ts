import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja";
import { CortensorError } from "../errors/cortensorError.ts";
import {
  type ControlTexts,
  createControlTexts,
  markContent,
  type Segment,
  splitAtControls,
  unusedCharacter,
} from "./controlTexts.ts";
import type { ChatMessage, TaskInput } from "./records.ts";
import { utcDayText } from "./utcDayText.ts";

export type { Segment } from "./controlTexts.ts";

/** Part of a task's parameters: another version may render another prompt. */
export const RENDERER_VERSION = 1;

/** Templates build control tokens from roles (`<|` + role + `|>`), so no other word may stand there. */
const ROLES: ReadonlySet<string> = new Set(["system", "developer", "user", "assistant", "tool", "function"]);

export interface RenderInput {
  /** The model's own jinja template; undefined: messages are joined as plain text. */
  readonly template: string | undefined;
  readonly input: TaskInput;
  readonly bosText: string;
  readonly eosText: string;
  /** When the order's epoch began, in seconds since 1970. Templates that print a date get this UTC day. */
  readonly epochStart: number;
  readonly controlTokens: readonly string[];
}

/**
 * The prompt of a conversation, as the model's template has it, with room for the answer. The same input gives the same
 * segments on every machine: no clock, time zone or locale takes part. Control segments come from the template alone;
 * what people wrote is text, whatever it looks like. Text that is continued as it stands is one text segment.
 *
 * Adding a begin-of-sequence token is left to the caller: where the model wants one and the first segment is not it.
 *
 * Errors: `bad-request` where the template refuses the conversation, cannot be read or fails.
 */
export function renderPrompt(request: RenderInput): Segment[] {
  const { template, input } = request;
  if (input.kind === "text") return [{ text: input.text, control: false }];
  for (const { role } of input.messages) {
    if (!ROLES.has(role))
      throw new CortensorError(
        "bad-request",
        `A message has the role ${JSON.stringify(role)}, which is none of ${[...ROLES].join(", ")}.`,
      );
  }
  if (template === undefined) return [{ text: plainText(input.messages), control: false }];
  return renderTemplate(template, input.messages, request);
}

function plainText(messages: readonly ChatMessage[]): string {
  return [...messages.map(({ role, content }) => `${role}: ${content}`), "assistant:"].join("\n\n");
}

function renderTemplate(template: string, messages: readonly ChatMessage[], request: RenderInput): Segment[] {
  const { bosText, eosText, controlTokens } = request;
  const { program, literals } = readTemplate(template);
  const controls = controlTextsOf(request);
  const written = messages.flatMap(({ content, name }) => (name === undefined ? [content] : [content, name]));
  const mark = unusedCharacter([...written, template, bosText, eosText, ...controlTokens]);
  if (mark === undefined) {
    throw new CortensorError(
      "bad-request",
      "The messages use every private-use character of Unicode; one must be left free.",
    );
  }
  const marking = { controls, mark, spared: literals.filter((text) => text.length > 1 && !controls.isBeginning(text)) };
  const environment = environmentOf(request);
  environment.set(
    "messages",
    messages.map((message) => markMessage(message, (text) => markContent(text, marking))),
  );
  return splitAtControls(run(program, environment), marking);
}

function markMessage({ role, content, name }: ChatMessage, marked: (text: string) => string): ChatMessage {
  return { role, content: marked(content), ...(name === undefined ? {} : { name: marked(name) }) };
}

/** What the template itself raised: words meant for whoever sent the conversation. */
class TemplateRefusal extends Error {}

/**
 * The globals of the Hugging Face renderers, but for the clock. `Template.render` of the library cannot be used: it
 * declares its own `strftime_now`, with the machine's time zone, and refuses another. (It also forgets what a turn of a
 * loop wrote before `continue` or `break`; known templates use these first.)
 */
function environmentOf({ bosText, eosText, epochStart }: RenderInput): Environment {
  const environment = new Environment();
  const globals: Record<string, unknown> = {
    true: true,
    True: true,
    false: false,
    False: false,
    none: null,
    None: null,
    range,
    strftime_now: (format: unknown) => utcDayText(epochStart, String(format)),
    raise_exception: (words: unknown) => {
      throw new TemplateRefusal(String(words));
    },
    bos_token: bosText,
    eos_token: eosText,
    add_generation_prompt: true,
    // None and not undefined, as in the renderers that templates are written for: some ask `tools is not none`.
    tools: null,
    documents: null,
  };
  for (const [name, value] of Object.entries(globals)) environment.set(name, value);
  return environment;
}

/** `range` of Python. */
function range(first: number, second?: number | null, step: number | null = 1): number[] {
  const [start, stop] = second === undefined || second === null ? [0, first] : [first, second];
  const by = step ?? 1;
  const length = by === 0 ? 0 : Math.max(0, Math.ceil((stop - start) / by));
  return Array.from({ length }, (_, index) => start + index * by);
}

type Program = ReturnType<typeof parse>;

function run(program: Program, environment: Environment): string {
  try {
    return new Interpreter(environment).run(program).toString();
  } catch (error) {
    if (error instanceof TemplateRefusal) {
      throw new CortensorError("bad-request", `The model's chat template refuses this conversation: ${error.message}`, {
        data: { reason: error.message },
        cause: error,
      });
    }
    throw templateFailure(error);
  }
}

function templateFailure(error: unknown): CortensorError {
  const words = error instanceof Error ? error.message : String(error);
  return new CortensorError("bad-request", `The model's chat template cannot be rendered: ${words}`, {
    why: [
      [
        "why",
        "the template in the model's file uses something unknown, or has a mistake; raw text works (completions)",
      ],
    ],
    data: { reason: words },
    cause: error,
  });
}

interface ParsedTemplate {
  readonly program: Program;
  /** The string literals: all that the template can look for in a message. */
  readonly literals: readonly string[];
}

/** Parsing takes milliseconds for long templates, and a node uses few. */
const parsed = new Map<string, ParsedTemplate>();
const PARSED_LIMIT = 16;

function readTemplate(template: string): ParsedTemplate {
  const known = parsed.get(template);
  if (known) return known;
  try {
    // Python's jinja reads every line end as \n.
    const tokens = tokenize(template.replaceAll(/\r\n?/g, "\n"), { lstrip_blocks: true, trim_blocks: true });
    const literals = tokens.filter(({ type }) => type === "StringLiteral").map(({ value }) => value);
    const fresh = { program: parse(tokens), literals };
    if (parsed.size >= PARSED_LIMIT) parsed.clear();
    parsed.set(template, fresh);
    return fresh;
  } catch (error) {
    throw templateFailure(error);
  }
}

const controlTexts = new WeakMap<readonly string[], { bosText: string; eosText: string; controls: ControlTexts }>();

/** Some files do not mark their begin and end tokens as control tokens. */
function controlTextsOf({ controlTokens, bosText, eosText }: RenderInput): ControlTexts {
  const known = controlTexts.get(controlTokens);
  if (known?.bosText === bosText && known.eosText === eosText) return known.controls;
  const controls = createControlTexts([...controlTokens, bosText, eosText]);
  controlTexts.set(controlTokens, { bosText, eosText, controls });
  return controls;
}
