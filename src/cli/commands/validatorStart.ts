import { defineCommand } from "../command.ts";
import { chainSection, startFlags } from "./nodeStartOptions.ts";

export const validatorStart = defineCommand({
  about:
    "Asks every node whether it is there, reports each epoch sealed, and votes on what everybody has earned. Its key is all it has.",
  sections: [
    {
      title: "Node",
      flags: { name: { type: "string", default: "validator-1", describe: "its name in this home" }, ...startFlags },
    },
    chainSection,
  ],
  examples: ["cortensor validator start", "cortensor validator start --network harbor --yes"],
  drains: true,
  async run(ctx, { options }) {
    const [{ startNode }, { startValidator }] = await Promise.all([
      import("./nodeStart.ts"),
      import("../../node/startValidator.ts"),
    ]);
    return await startNode(ctx, { role: "validator", input: options, start: startValidator });
  },
});
