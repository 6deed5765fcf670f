import { CortensorError } from "../../errors/cortensorError.ts";
import { onNetwork } from "../../node/openNetwork.ts";
import { formatCor } from "../../util/money.ts";
import { defineCommand } from "../command.ts";
import { findNode } from "../nodes/findNode.ts";
import { nodeFields } from "../nodes/nodeFields.ts";
import { nodeView } from "../nodes/nodeView.ts";
import { ownNodes } from "../nodes/ownNodes.ts";

export const nodeShow = defineCommand({
  arguments: [{ name: "node", describe: "a name or an address; not needed when this home has only one" }],
  examples: ["cortensor node show miner-1", "cortensor node show 0x9c1e77b0d3a84c5512fe6a90b8e3d7c4a5f104d2 --json"],
  async run(ctx, { args }) {
    const page = await onNetwork(ctx, async ({ chain, preset }) => {
      const own = await ownNodes(ctx, preset.name);
      const address = findNode({ word: args.node, records: own.records, registered: await chain.nodes() });
      const found = await chain.node(address);
      if (found === undefined)
        throw notRegistered(address, preset.name, own.records.find((one) => one.address === address)?.name);
      const [node, owner] = await Promise.all([chain.balance(address), chain.balance(found.owner)]);
      const status = own.running.find((one) => one.address === address);
      return { view: nodeView(found, own), status, epoch: chain.epoch().epoch, node, owner };
    });
    const balances = {
      cor: formatCor(page.node.corWei),
      gas: formatCor(page.node.gasWei),
      owner_cor: formatCor(page.owner.corWei),
      owner_gas: formatCor(page.owner.gasWei),
    };
    ctx.result({ ...page.view, ...page.status, ...page.view, balances }, () => ctx.fields(nodeFields(page)));
  },
});

function notRegistered(address: string, network: string, name: string | undefined): CortensorError {
  return new CortensorError("option-value", `${name ?? address} is not registered on ${network}`, {
    why: [["found", `no entry of ${address} in the registry`]],
    try: name === undefined ? "cortensor node list" : `cortensor node register ${name}`,
    data: { address, network },
  });
}
