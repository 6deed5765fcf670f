import { p2pOptions } from "../../p2p/options.ts";
import { routerOptions } from "../../router/options.ts";
import { defineCommand } from "../command.ts";
import { pick } from "../flag.ts";
import { chainSection, listenFlags, startFlags } from "./nodeStartOptions.ts";

export const routerStart = defineCommand({
  about: "Takes prompts over HTTP, hands them to the miners that dial it, and keeps the books.",
  sections: [
    {
      title: "Node",
      flags: { name: { type: "string", default: "router-1", describe: "its name in this home" }, ...startFlags },
    },
    {
      title: "HTTP",
      module: "router",
      flags: pick(routerOptions, ["host", "port", "bodyBytes", "requestsPerMinute", "cors"]),
    },
    {
      title: "Work",
      module: "router",
      flags: pick(routerOptions, ["attempts", "queueMs", "timeoutMs", "ackMs", "lateMs", "stallMs", "minerDepositCor"]),
    },
    { title: "Other nodes", flags: listenFlags },
    { title: "Other nodes", module: "p2p", flags: pick(p2pOptions, ["tcpPort", "announce"]) },
    chainSection,
  ],
  examples: ["cortensor router start", "cortensor router start --network harbor --port 8080 --yes"],
  drains: true,
  async run(ctx, { options }) {
    const [{ startNode }, { startRouter }, { statusReader }] = await Promise.all([
      import("./nodeStart.ts"),
      import("../../node/startRouter.ts"),
      import("../../fleet/status/collectStatus.ts"),
    ]);
    const status = statusReader({ home: ctx.home, clock: ctx.clock });
    return await startNode(ctx, {
      role: "router",
      input: options,
      start: (node, deps) => startRouter(node, { ...deps, status }),
    });
  },
});
