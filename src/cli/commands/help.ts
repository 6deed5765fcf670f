import { CortensorError } from "../../errors/cortensorError.ts";
import { type ErrorCode, ERRORS } from "../../errors/catalogue.ts";
import { nearest } from "../../util/nearest.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { batchTopic, chaosTopic, environmentTopic, exitCodesTopic, jsonTopic, mapReduceTopic } from "./helpTopics.ts";

const TOPICS: Readonly<Record<string, (ctx: Context) => void | Promise<void>>> = {
  "exit-codes": exitCodesTopic,
  environment: environmentTopic,
  json: jsonTopic,
  batch: batchTopic,
  "map-reduce": mapReduceTopic,
  chaos: chaosTopic,
};

export const help = defineCommand({
  arguments: [
    {
      name: "topic",
      describe: "a command, an error code, exit-codes, environment, json, batch, map-reduce or chaos",
      repeat: true,
    },
  ],
  examples: ["cortensor help wallet new", "cortensor help home-in-use"],
  async run(ctx, { args }) {
    const topic = args.topic.join(" ");
    if (topic === "") return ctx.out(ctx.help.root().trimEnd());
    const known = TOPICS[topic];
    if (known !== undefined) return known(ctx);
    if (Object.hasOwn(ERRORS, topic)) return aboutCode(ctx, topic as ErrorCode);
    ctx.out((await aboutCommand(ctx, topic)).trimEnd());
  },
});

function aboutCode(ctx: Context, code: ErrorCode): void {
  const { exit, status, help: text } = ERRORS[code];
  const record = { schema: "cortensor.help/1", code, exit_code: exit, http_status: status, text };
  ctx.result(record, () => {
    ctx.out(ctx.look.style.strong(`error[${code}]`));
    ctx.out(text);
    ctx.out(`Exit code ${exit}; over HTTP status ${status}.`);
  });
}

async function aboutCommand(ctx: Context, topic: string): Promise<string> {
  const text = await ctx.help.about(topic);
  if (text !== undefined) return text;
  const near = nearest(topic, [...ctx.help.names(), ...Object.keys(TOPICS), ...Object.keys(ERRORS)]);
  throw new CortensorError("unknown-command", `there is no help about ${topic}`, {
    ...(near !== undefined && { why: [["nearest", near]] }),
    try: near === undefined ? "cortensor --help" : `cortensor help ${near}`,
    data: { topic, nearest: near },
  });
}
