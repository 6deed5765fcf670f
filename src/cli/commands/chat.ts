import { CortensorClient } from "../../client/index.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { findRouter } from "../../fleet/upFile.ts";
import { pick } from "../flag.ts";
import { defineCommand } from "../command.ts";
import { answerFlags, networkFlags, promptFlags } from "../submit/submitFlags.ts";

export const chat = defineCommand({
  about: "A conversation: every question is asked with what was said before it. /help lists what else can be typed.",
  sections: [
    { title: "Questions", flags: pick(promptFlags, ["model", "system"]) },
    { title: "Answers", flags: pick(answerFlags, ["temperature", "maxTokens"]) },
    { title: "Network", flags: pick(networkFlags, ["router", "apiKeyFile"]) },
  ],
  examples: ["cortensor chat", 'cortensor chat --system "Answer in one sentence."'],
  drains: true,
  async run(ctx, { options }) {
    if (!ctx.canAsk)
      throw new CortensorError("argument-missing", "a chat needs a terminal to type on", {
        try: 'cortensor submit "What is a dog?"',
      });
    const { router, apiKeyFile, ...wishes } = options;
    const access = await findRouter({ home: ctx.home, env: ctx.env, url: router, apiKeyFile });
    const client = new CortensorClient(access);
    const served = await client.models(ctx.signal);
    const { Chat } = await import("../chat/chat.ts");
    const { style } = ctx.notes;
    ctx.note(
      `${style.strong(wishes.model ?? served.map(({ name }) => name).join(", "))}${style.muted("   /help, Ctrl-D leaves")}`,
    );
    await new Chat(ctx, { client, ...wishes }).run();
  },
});
