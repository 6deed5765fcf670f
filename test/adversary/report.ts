/**
 * How soon each cheat is convicted and whether an honest miner ever is, as a table for each kind of task:
 * `npm run adversary [TASKS]`, with so many tasks for each writer.
 */
import { audit, auditsNeeded, type Audited, failShare } from "./audits.ts";
import { Machines } from "./machines.ts";
import { tasksOf } from "./tasks.ts";
import { cheatingWriters, honestWriters } from "./writers.ts";

const KINDS = {
  "temperature 0": { temperature: 0 },
  "temperature 0.5": { temperature: 0.5 },
  "temperature 1": { temperature: 1 },
  "temperature 1, top_p 0.9": { temperature: 1, topP: 0.9 },
  "temperature 2": { temperature: 2 },
};

function row(audited: Audited, past: number): string {
  const { writer, verdicts, meanMarginNats, convictedAt, highestSuspicionNats } = audited;
  const [median, most] = auditsNeeded({ verdicts: verdicts.slice(past) }).map((audits) =>
    audits === undefined ? "never" : String(audits),
  );
  const cells = [
    writer,
    meanMarginNats.toFixed(4),
    `${(100 * failShare(audited)).toFixed(1)}% of ${verdicts.length}`,
    convictedAt === undefined ? `no, ${highestSuspicionNats.toFixed(1)} nats` : `at ${convictedAt}`,
    `${median}, ${most}`,
  ];
  return `| ${cells.join(" | ")} |\n`;
}

const tasks = Number(process.argv[2] ?? 120);
const machines = new Machines();
for (const [name, params] of Object.entries(KINDS)) {
  process.stdout.write(
    `\n| ${name}: writer | mean margin | audits failed | convicted | audits needed (half, nine of ten) |\n`,
  );
  process.stdout.write("| --- | --- | --- | --- | --- |\n");
  for (const writer of [...honestWriters(machines), ...cheatingWriters(machines)]) {
    const { past = 0 } = writer;
    process.stdout.write(row(await audit(writer, tasksOf(past + tasks, params), machines), past));
  }
}
// Disposal of the library has been seen to hang; the process ends without it.
process.exit(0);
