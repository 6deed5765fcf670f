import { onNetwork } from "../../node/openNetwork.ts";
import { defineCommand } from "../command.ts";
import type { Look } from "../output/look.ts";
import { stakeText } from "../nodes/nodeFields.ts";
import { inOrder, type NodeView, nodeView } from "../nodes/nodeView.ts";
import { ownNodes } from "../nodes/ownNodes.ts";

export const nodeList = defineCommand({
  about: "Every node of the network in use. Whether one is live is known here of the nodes of this home.",
  examples: ["cortensor node list", "cortensor node list --json"],
  async run(ctx) {
    const { nodes, preset, own, epoch } = await onNetwork(ctx, async ({ chain, preset }) => ({
      preset,
      epoch: chain.epoch().epoch,
      nodes: await chain.nodes(),
      own: await ownNodes(ctx, preset.name),
    }));
    const views = inOrder(nodes.map((node) => nodeView(node, own)));
    ctx.result(views, () => {
      if (views.length === 0) return ctx.note(`No node is registered on ${preset.name} yet: cortensor up`);
      ctx.table(
        [
          { title: "" },
          { title: "Node" },
          { title: "Role" },
          { title: "Address" },
          { title: "Stake", right: true },
          { title: "State" },
        ],
        views.map((view) => row(view, epoch, ctx.look)),
      );
    });
    const missing = own.records.filter(({ address }) => !nodes.some((node) => node.address === address));
    for (const { name } of missing) ctx.note(`${name} is not registered: cortensor node register ${name}`);
  },
});

function row(view: NodeView, epoch: number, { glyph, style }: Look): string[] {
  const mark = view.live === true ? style.ok(glyph.ok) : view.live === false ? style.muted(glyph.idle) : "";
  const stake = stakeText(view, epoch);
  return [
    mark,
    view.name ?? view.public_name,
    view.role,
    view.address,
    stake,
    view.suspended ? "suspended" : (view.state ?? ""),
  ];
}
