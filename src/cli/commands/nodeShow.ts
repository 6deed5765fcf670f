import { CortensorError } from "../../errors/cortensorError.ts";
import { onNetwork } from "../../node/openNetwork.ts";
import { formatCor, parseCor } from "../../util/money.ts";
import { defineCommand } from "../command.ts";
import { findNode } from "../nodes/findNode.ts";
import { nodeView } from "../nodes/nodeView.ts";
import { ownNodes } from "../nodes/ownNodes.ts";

export const nodeShow = defineCommand({
  arguments: [{ name: "node", describe: "a name or an address; not needed when this home has only one" }],
  examples: ["cortensor node show miner-1", "cortensor node show 0x9c1e77b0d3a84c5512fe6a90b8e3d7c4a5f104d2 --json"],
  async run(ctx, { args }) {
    const { view, status, node, owner } = await onNetwork(ctx, async ({ chain, preset }) => {
      const own = await ownNodes(ctx, preset.name);
      const address = findNode({ word: args.node, records: own.records, registered: await chain.nodes() });
      const found = await chain.node(address);
      if (found === undefined)
        throw notRegistered(address, preset.name, own.records.find((one) => one.address === address)?.name);
      const [node, owner] = await Promise.all([chain.balance(address), chain.balance(found.owner)]);
      return { view: nodeView(found, own), status: own.running.find((one) => one.address === address), node, owner };
    });
    const balances = {
      cor: formatCor(node.corWei),
      gas: formatCor(node.gasWei),
      owner_cor: formatCor(owner.corWei),
      owner_gas: formatCor(owner.gasWei),
    };
    ctx.result({ ...status, ...view, balances }, () => {
      const cor = (wei: bigint): string => formatCor(wei, "balance");
      ctx.fields([
        ["node", view.name === null ? view.public_name : `${view.name}  (${view.public_name})`],
        ["role", view.role],
        ["address", view.address],
        ["owner", view.owner],
        [
          "stake",
          `${cor(parseCor(view.stake_cor) ?? 0n)} COR${view.unbonding_cor === "0" ? "" : `, ${cor(parseCor(view.unbonding_cor) ?? 0n)} unbonding`}`,
        ],
        ["since", `epoch ${view.since_epoch}${view.suspended ? ", suspended" : ""}`],
        ["holds", `${cor(node.corWei)} COR, ${cor(node.gasWei)} gas`],
        ["owner holds", `${cor(owner.corWei)} COR, ${cor(owner.gasWei)} gas`],
        ...view.addresses.map((address, at) => [at === 0 ? "reached at" : "", address] as const),
        ...(view.state === null
          ? []
          : [["state", [view.state, status?.state_reason].filter(Boolean).join(": ")] as const]),
        ...(status === undefined
          ? []
          : ([
              ["models", status.models.join(", ")],
              ["slots", `${status.slots.busy} of ${status.slots.total} busy`],
              ["earned", `${status.earned_cor} COR, ${status.claimable_cor} to be redeemed`],
            ] as const)),
      ]);
    });
  },
});

function notRegistered(address: string, network: string, name: string | undefined): CortensorError {
  return new CortensorError("option-value", `${name ?? address} is not registered on ${network}`, {
    why: [["found", `no entry of ${address} in the registry`]],
    try: name === undefined ? "cortensor node list" : `cortensor node register ${name}`,
    data: { address, network },
  });
}
