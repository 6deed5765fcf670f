import { statusReader } from "../../fleet/status/collectStatus.ts";
import { startRouter } from "../../node/startRouter.ts";
import { routerOptions } from "../../router/options.ts";
import { defineCommand } from "../command.ts";
import { pick } from "../flag.ts";
import { startFlags, startNode } from "./nodeStart.ts";

export const routerStart = defineCommand({
  about: "Takes prompts over HTTP, hands them to the miners that dial it, and keeps the books.",
  sections: [
    {
      title: "Node",
      flags: { name: { type: "string", default: "router-1", describe: "its name in this home" }, ...startFlags },
    },
    { title: "HTTP", module: "router", flags: pick(routerOptions, ["host", "port", "requestsPerMinute", "cors"]) },
  ],
  examples: ["cortensor router start", "cortensor router start --network harbor --port 8080 --yes"],
  drains: true,
  async run(ctx, { options }) {
    const status = statusReader({ home: ctx.home, clock: ctx.clock });
    return await startNode(ctx, {
      role: "router",
      input: options,
      start: (node, deps) => startRouter(node, { ...deps, clock: ctx.clock, status }),
    });
  },
});
