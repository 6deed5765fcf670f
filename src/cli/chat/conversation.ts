import type { ChatMessage } from "../../protocol/records.ts";

/** What was said so far. */
export class Conversation {
  #system: string | undefined;
  #messages: ChatMessage[] = [];

  constructor(system: string | undefined) {
    this.#system = system;
  }

  get turns(): number {
    return this.#messages.filter(({ role }) => role === "user").length;
  }

  /** Everything, in the order that a model reads it. */
  get messages(): readonly ChatMessage[] {
    const system = this.#system === undefined ? [] : [{ role: "system", content: this.#system }];
    return [...system, ...this.#messages];
  }

  instruct(system: string | undefined): void {
    this.#system = system;
  }

  ask(content: string): void {
    this.#messages.push({ role: "user", content });
  }

  answer(content: string): void {
    this.#messages.push({ role: "assistant", content });
  }

  /** Takes the last question back, with its answer if it has one; undefined when there is none. */
  takeBack(): string | undefined {
    const at = this.#messages.findLastIndex(({ role }) => role === "user");
    const [question] = at === -1 ? [] : this.#messages.splice(at);
    return question?.content;
  }

  /** Forgets the oldest question and its answer, where there is a newer one; false when there is not. */
  forgetOldest(): boolean {
    if (this.turns < 2) return false;
    const next = this.#messages.findIndex(({ role }, at) => at > 0 && role === "user");
    this.#messages.splice(0, next);
    return true;
  }

  clear(): void {
    this.#messages = [];
  }

  /** As a document. */
  markdown(): string {
    const heads: Readonly<Record<string, string>> = { system: "Instructions", user: "Question", assistant: "Answer" };
    return this.messages.map(({ role, content }) => `## ${heads[role] ?? role}\n\n${content.trim()}\n`).join("\n");
  }
}
