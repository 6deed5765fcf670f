import { findRouter } from "../../fleet/upFile.ts";
import { defineCommand } from "../command.ts";
import { quoted } from "../output/shell.ts";

/** A line that sets a variable; the text comes from a file and stands in what a shell evaluates, so it is quoted. */
const SET = {
  bash: (name: string, value: string) => `export ${name}=${quoted(value)}`,
  fish: (name: string, value: string) => `set -gx ${name} '${value.replace(/[\\']/g, "\\$&")}'`,
  powershell: (name: string, value: string) => `$env:${name} = '${value.replaceAll("'", "''")}'`,
} as const;

export const env = defineCommand({
  about: 'Lets every OpenAI client of this shell speak to the router of this home: eval "$(cortensor env)"',
  sections: [
    {
      title: "Options",
      flags: {
        shell: { type: "string", default: "bash", choices: ["bash", "fish", "powershell"], describe: "whose syntax" },
      },
    },
  ],
  examples: ["cortensor env", "cortensor env --shell fish"],
  async run(ctx, { options }) {
    const { baseUrl, apiKey } = await findRouter({ home: ctx.home, env: ctx.env });
    const set = SET[options.shell as keyof typeof SET];
    ctx.result({ schema: "cortensor.env/1", openai_base_url: baseUrl, openai_api_key: apiKey }, () => {
      ctx.out(set("OPENAI_BASE_URL", baseUrl));
      ctx.out(set("OPENAI_API_KEY", apiKey));
    });
  },
});
