import { formatCor, parseCor } from "../../util/money.ts";
import { defineCommand } from "../command.ts";
import { readSessions } from "../sessions/readSessions.ts";
import { shortId, type SessionView } from "../sessions/sessionView.ts";

export const sessionList = defineCommand({
  about: "Payment sessions that running nodes of this home pay or earn on, with what the chain says of each.",
  examples: ["cortensor session list", "cortensor session list --json"],
  async run(ctx) {
    const views = await readSessions(ctx);
    ctx.result(views, () => {
      if (views.length === 0) return ctx.note("No payment session is known here yet.");
      ctx.table(
        [
          { title: "Session" },
          { title: "Pays" },
          { title: "Earns" },
          { title: "State" },
          { title: "Deposit", right: true },
          { title: "Vouchers", right: true },
          { title: "Redeemed", right: true },
        ],
        views.map((view) => [
          shortId(view.id),
          end(view, "pays"),
          end(view, "earns"),
          view.state ?? "",
          cor(view.deposit_cor),
          cor(view.voucher_cor),
          cor(view.redeemed_cor),
        ]),
      );
    });
  },
});

function end(view: SessionView, role: "pays" | "earns"): string {
  const { name } = view.nodes.find((node) => node.role === role) ?? {};
  const address = role === "pays" ? view.payer : view.payee;
  return name ?? `${address.slice(0, 6)}…${address.slice(-4)}`;
}

function cor(text: string | null): string {
  return text === null ? "" : formatCor(parseCor(text) ?? 0n, "balance");
}
