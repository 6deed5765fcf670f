import { defineCommand } from "../command.ts";
import { readSessions } from "../sessions/readSessions.ts";
import { findSession } from "../sessions/sessionView.ts";

export const sessionShow = defineCommand({
  arguments: [{ name: "id", describe: "a session's id or the beginning of it", required: true }],
  examples: ["cortensor session show s_8fa2c01d", "cortensor session show s_8fa2c01d --json"],
  async run(ctx, { args }) {
    const view = findSession(args.id, await readSessions(ctx));
    const cor = (text: string | null): string => (text === null ? "not known" : `${text} COR`);
    ctx.result(view, () =>
      ctx.fields([
        ["session", view.id],
        ["state", `${view.state ?? "not known"}${view.closes_at === null ? "" : `, closes ${view.closes_at}`}`],
        ["payer", view.payer],
        ["signer", view.signer],
        ["payee", view.payee],
        ["recipient", view.recipient],
        ["deposit", cor(view.deposit_cor)],
        ["vouchers", cor(view.voucher_cor)],
        ["redeemed", cor(view.redeemed_cor)],
        ["waiting", cor(view.waiting_cor)],
        ["expires", view.expires_at],
        ...view.nodes.map((node) => [node.role, `${node.name}, ${node.voucher_cor} COR of vouchers`] as const),
      ]),
    );
  },
});
