import type { Answer, ClientRequest, CortensorClient } from "../../client/index.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import type { Context } from "../context.ts";
import { printable } from "../output/printable.ts";

export interface Ask {
  readonly client: CortensorClient;
  readonly request: ClientRequest;
  /** Whether the answer goes to stdout as it comes. */
  readonly streamed: boolean;
  readonly timeoutS: number;
}

/** Asks and waits for the whole answer. Throws `timeout`, an abort as it is, and whatever the router says. */
export async function ask(ctx: Context, { client, request, streamed, timeoutS }: Ask): Promise<Answer> {
  const late = new AbortController();
  const cancel = ctx.clock.after(timeoutS * 1000, () => late.abort());
  const page = new AnswerPage(ctx);
  try {
    const answer = await client.complete(request, {
      signal: AbortSignal.any([ctx.signal, late.signal]),
      onText: (text) => {
        if (streamed) page.write(text);
      },
    });
    if (streamed) page.endLine();
    return answer;
  } catch (error) {
    // What follows is an error, or the reader's own prompt; neither belongs behind half a sentence.
    if (ctx.stdout.isTTY && page.written) page.endLine();
    if (!late.signal.aborted || ctx.signal.aborted) throw error;
    throw new CortensorError("timeout", `no whole answer within ${timeoutS} s`, {
      why: [["why", "what was receipted is billed, nothing else"]],
      try: ctx.again(`--timeout ${Math.min(86_400, timeoutS * 3)}`),
      data: { timeoutS },
      cause: error,
    });
  } finally {
    cancel();
  }
}

/** An answer on stdout, which always ends with a line end. */
export class AnswerPage {
  readonly #stdout: Context["stdout"];
  #last = "";

  constructor({ stdout }: Pick<Context, "stdout">) {
    this.#stdout = stdout;
  }

  get written(): boolean {
    return this.#last !== "";
  }

  write(text: string): void {
    // A program that reads a pipe gets every byte; a terminal would obey some of them.
    const shown = this.#stdout.isTTY ? printable(text) : text;
    if (shown === "") return;
    this.#stdout.write(shown);
    this.#last = shown.slice(-1);
  }

  endLine(): void {
    if (this.#last !== "\n") this.#stdout.write("\n");
    this.#last = "\n";
  }
}
