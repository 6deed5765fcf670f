import { writeFile } from "node:fs/promises";
import type { Answer, CortensorClient } from "../../client/index.ts";
import { CortensorError, isAbort } from "../../errors/cortensorError.ts";
import { keepReceipt } from "../../node/receipts.ts";
import type { Context } from "../context.ts";
import { dimLine } from "../commands/dimLine.ts";
import { AnswerPage } from "../submit/ask.ts";
import { nodeNames } from "../tasks/nodeNames.ts";
import { Conversation } from "./conversation.ts";
import { SLASH_COMMANDS, type SlashWord, typedOf } from "./slash.ts";
import { Typing } from "./typing.ts";

export interface ChatOptions {
  readonly model: string | undefined;
  readonly system: string | undefined;
  readonly temperature: number;
  readonly maxTokens: number | undefined;
}

/** A conversation at the keyboard, until its reader leaves. */
export class Chat {
  readonly #ctx: Context;
  readonly #client: CortensorClient;
  readonly #options: ChatOptions;
  readonly #conversation: Conversation;
  readonly #typing: Typing;
  #model: string | undefined;
  #tries = 0;

  constructor(ctx: Context, { client, ...options }: ChatOptions & { readonly client: CortensorClient }) {
    this.#ctx = ctx;
    this.#client = client;
    this.#options = options;
    this.#model = options.model;
    this.#conversation = new Conversation(options.system);
    this.#typing = new Typing(ctx);
  }

  async run(): Promise<void> {
    const { notes, signal } = this.#ctx;
    const prompt = `${notes.style.accent(">")} `;
    try {
      for (;;) {
        const line = await this.#typing.next(prompt, signal);
        if (line === undefined || signal.aborted) return;
        const typed = typedOf(line);
        if (typed.kind === "question") await this.#ask(typed.text);
        if (typed.kind === "unknown")
          this.#say(`there is no ${typed.word}${typed.nearest === undefined ? "" : `; nearest: ${typed.nearest}`}`);
        if (typed.kind === "command" && typed.word === "/quit") return;
        if (typed.kind === "command") await this.#command(typed.word, typed.rest);
      }
    } finally {
      this.#typing.close();
    }
  }

  async #command(word: SlashWord, rest: string): Promise<void> {
    switch (word) {
      case "/help":
        for (const [name, more, about] of SLASH_COMMANDS) this.#say(`${`${name} ${more}`.padEnd(18)}${about}`);
        return this.#say("A line that ends in \\ goes on. Ctrl-C stops an answer, Ctrl-D leaves.");
      case "/model":
        return await this.#choose(rest);
      case "/system":
        this.#conversation.instruct(rest === "" ? undefined : rest);
        return this.#say(rest === "" ? "no instructions from now on" : "these instructions hold from now on");
      case "/clear":
        this.#conversation.clear();
        return this.#say("a new conversation");
      case "/retry":
        return await this.#retry();
      case "/save":
        return await this.#save(rest);
      case "/quit":
        return;
      default:
        word satisfies never;
    }
  }

  async #choose(name: string): Promise<void> {
    const served = await this.#client.models(this.#ctx.signal).catch(() => []);
    const names = served.map((model) => model.name);
    if (name === "")
      return this.#say(`served: ${names.join(", ") || "none"}${this.#model ? `; asked: ${this.#model}` : ""}`);
    if (!names.includes(name)) return this.#say(`nobody serves ${name}; served: ${names.join(", ") || "none"}`);
    this.#model = name;
    this.#say(`asks ${name} from now on`);
  }

  async #retry(): Promise<void> {
    const question = this.#conversation.takeBack();
    if (question === undefined) return this.#say("there is no question yet");
    this.#tries += 1;
    await this.#ask(question, this.#tries);
  }

  async #save(file: string): Promise<void> {
    if (file === "") return this.#say("/save needs a file");
    try {
      await writeFile(file, this.#conversation.markdown(), { mode: 0o600, flag: "wx" });
      this.#say(`saved to ${file}`);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      this.#say(code === "EEXIST" ? `${file} is there already and is left as it is` : message);
    }
  }

  async #ask(question: string, retry = 0): Promise<void> {
    this.#conversation.ask(question);
    const page = new AnswerPage(this.#ctx);
    try {
      const answer = await this.#typing.during((interrupted) => this.#answer(page, { interrupted, retry }));
      page.endLine();
      this.#conversation.answer(answer.text);
      await this.#close(answer);
    } catch (error) {
      if (page.written) page.endLine();
      this.#conversation.takeBack();
      if (isAbort(error)) return this.#say(this.#ctx.signal.aborted ? "left" : "stopped; what was receipted is billed");
      if (!(error instanceof CortensorError)) throw error;
      this.#say(`${this.#ctx.notes.glyph.warn} ${error.message}`);
    }
  }

  /** The answer to the conversation as it stands; its oldest turns are left out where it is longer than the context. */
  async #answer(
    page: AnswerPage,
    { interrupted, retry }: { interrupted: AbortSignal; retry: number },
  ): Promise<Answer> {
    const { maxTokens, temperature } = this.#options;
    for (;;) {
      const request = {
        prompt: this.#conversation.messages,
        // Another answer needs another choice of words.
        temperature: retry > 0 && temperature === 0 ? 0.7 : temperature,
        ...(this.#model !== undefined && { model: this.#model }),
        ...(maxTokens !== undefined && { maxTokens }),
      };
      try {
        return await this.#client.complete(request, {
          signal: AbortSignal.any([this.#ctx.signal, interrupted]),
          onText: (text) => page.write(text),
        });
      } catch (error) {
        const tooLong = error instanceof CortensorError && error.code === "context-length";
        if (!tooLong || !this.#conversation.forgetOldest()) throw error;
        this.#say("the oldest question is left out: the conversation is longer than the model's context");
      }
    }
  }

  async #close(answer: Answer): Promise<void> {
    const { glyph } = this.#ctx.notes;
    const kept =
      answer.receipt === null ? undefined : await keepReceipt(this.#ctx.home, answer.receipt).catch(() => undefined);
    const nameOf = await nodeNames(this.#ctx, glyph.cut);
    this.#say(dimLine(answer, { nameOf, between: glyph.between, receiptId: kept }));
  }

  #say(text: string): void {
    this.#ctx.note(this.#ctx.notes.style.muted(` ${text}`));
  }
}
