import { CortensorError } from "../../errors/cortensorError.ts";
import { runningNames, stopProcess } from "../../fleet/takeDown.ts";
import { nodeRecords } from "../../fleet/status/nodeRecords.ts";
import type { Command } from "../command.ts";
import { defineCommand } from "../command.ts";

/** Longest wait for answers that still run; a miner ends earlier when its own `miner.drainMs` is shorter. */
const DRAIN_MS = 60_000;

/** `ROLE stop [NAME]`: ends one node of this home, once what runs on it has drained. */
export function stopCommand(role: "router" | "miner" | "validator"): Command {
  return defineCommand({
    about:
      "Takes no new work, lets running answers end, then stops. A node of `up` is started again by its supervisor.",
    arguments: [{ name: "name", describe: `which ${role}; needed when several run` }],
    examples: [`cortensor ${role} stop`, `cortensor ${role} stop ${role}-1`],
    drains: true,
    async run(ctx, { args }) {
      const names = await runningNames(ctx.home);
      const records = (await nodeRecords(ctx.home)).filter(
        (record) => record.role === role && names.includes(record.name),
      );
      const wanted = args.name === undefined ? records : records.filter(({ name }) => name === args.name);
      const [one, other] = wanted;
      if (one === undefined)
        throw new CortensorError(
          "not-running",
          `no ${role}${args.name === undefined ? "" : ` ${args.name}`} runs in this home`,
          { try: "cortensor status" },
        );
      if (other !== undefined)
        throw new CortensorError(
          "argument-missing",
          `several ${role}s run: ${wanted.map(({ name }) => name).join(", ")}`,
          { try: `cortensor ${role} stop ${one.name}` },
        );
      await ctx.step({ name: "stop", work: () => stopProcess(ctx.home, one.name, { drainMs: DRAIN_MS }) });
      ctx.result({ schema: "cortensor.stopped/1", name: one.name, role }, () =>
        ctx.out(`${one.name} stopped. Start: cortensor ${role} start --name ${one.name}`),
      );
    },
  });
}
