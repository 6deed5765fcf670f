import { engineOptions } from "../../engine/options.ts";
import { LOCAL } from "../../config/index.ts";
import { minerOptions } from "../../miner/options.ts";
import { holderOf } from "../../node/lock.ts";
import { defineCommand } from "../command.ts";
import { pick } from "../flag.ts";
import { chainSection, startFlags } from "./nodeStartOptions.ts";

export const minerStart = defineCommand({
  about:
    "Serves a model to the routers of the network. On local, where nothing runs yet, it brings up the rest as well.",
  sections: [
    {
      title: "Node",
      flags: {
        name: { type: "string", default: "miner-1", describe: "its name in this home" },
        router: {
          type: "string",
          default: undefined,
          repeat: true,
          value: "MULTIADDR",
          describe: "dial this router too",
        },
        ...startFlags,
      },
    },
    {
      title: "Model",
      module: "engine",
      flags: pick(engineOptions, ["model", "engine", "threads", "slots", "contextTokens", "script"]),
    },
    {
      title: "Miner",
      module: "miner",
      flags: pick(minerOptions, ["promptPrice", "outputPrice", "exposureCor", "drainMs"]),
    },
    chainSection,
  ],
  examples: [
    "cortensor miner start",
    "cortensor miner start --model ~/models/qwen3-8b-q4_k_m.gguf --network harbor --yes",
  ],
  drains: true,
  async run(ctx, { options }) {
    const { network } = (await ctx.settings()).general;
    const alone = network === LOCAL && !process.connected && holderOf(ctx.home, "fleet") === undefined;
    if (alone) return await (await import("./minerAlone.ts")).minerAlone(ctx, options);
    const [{ startNode }, { startMiner }] = await Promise.all([
      import("./nodeStart.ts"),
      import("../../node/startMiner.ts"),
    ]);
    return await startNode(ctx, {
      role: "miner",
      input: options,
      start: (node, deps) => startMiner({ ...node, routers: options.router ?? [] }, deps),
    });
  },
});
