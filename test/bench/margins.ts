/**
 * Which writers a verifier tells apart, in a table: share of tokens that match, mean margin in nats, and nats of entropy a
 * token. `node test/bench/margins.ts FOLDER`, where FOLDER holds the demonstration model in several precisions; a second
 * argument takes only the tables whose names contain it.
 */
import { join } from "node:path";
import { BANDS, type Bands } from "../../src/protocol/cutBands.ts";
import { marginsOf, type PositionMargin } from "../../src/protocol/margin.ts";
import { summary } from "../../src/protocol/marginSummary.ts";
import type { SamplerOptions } from "../../src/protocol/sampler.ts";
import { Machine } from "./machine.ts";
import { QUESTIONS } from "../../src/replay/calibrate/questions.ts";
import { REFERENCE, type Writer, WRITERS } from "./writers.ts";

const TEMPERATURES = [1, 1.5, 2];
const WHOLE = { topP: 1, topK: 64, minP: 0 };
const CUTS = { "no cuts": WHOLE, "top_p 0.9": { ...WHOLE, topP: 0.9 }, "min_p 0.05": { ...WHOLE, minP: 0.05 } };
const BARE: Bands = { nats: 0, mass: 0 };

type Found = Record<"banded" | "bare", PositionMargin[]>;

async function examine(
  machines: { writer: Machine; verifier: Machine },
  as: Writer,
  options: Omit<SamplerOptions, "seed">,
) {
  const found: Found = { banded: [], bare: [] };
  for (const [index, question] of QUESTIONS.entries()) {
    if (index % as.oneOf !== 0) continue;
    const seeded = { ...options, seed: 0x9e3779b97f4a7c15n * BigInt(index + 1) };
    const prompt = machines.writer.prompt(question, as.system);
    const ids = await machines.writer.write(prompt, {
      ...seeded,
      temperature: options.temperature * as.temperatureFactor,
    });
    const positions = await machines.verifier.replay(machines.verifier.prompt(question), ids);
    found.banded.push(...marginsOf({ positions, ids }, { ...seeded, bands: BANDS }));
    found.bare.push(...marginsOf({ positions, ids }, { ...seeded, bands: BARE }));
  }
  return found;
}

function cell({ banded, bare }: Found, cut: boolean): string {
  const { tokens, matches, meanMarginNats, evidenceNats } = summary(banded);
  const without = cut ? ` (bare ${summary(bare).meanMarginNats.toFixed(4)})` : "";
  const share = ((100 * matches) / tokens).toFixed(2);
  return `${share}%, ${meanMarginNats.toFixed(4)}${without}, ${(evidenceNats / tokens).toFixed(2)} x ${tokens}`;
}

const [folder = ".", only = ""] = process.argv.slice(2);
const verifier = await Machine.open(join(folder, `${REFERENCE}.gguf`), { threads: 1, flashAttention: true });
for (const [name, cuts] of Object.entries(CUTS).filter(([name]) => name.includes(only))) {
  process.stdout.write(`\n| ${[`${name}: writer`, ...TEMPERATURES].join(" | ")} |\n| --- | --- | --- | --- |\n`);
  for (const as of cuts === WHOLE ? WRITERS : WRITERS.filter(({ oneOf }) => oneOf === 1)) {
    const writer = await Machine.open(join(folder, `${as.model}.gguf`), as);
    const cells: string[] = [];
    for (const temperature of TEMPERATURES) {
      const found = await examine({ writer, verifier }, as, { ...cuts, temperature });
      cells.push(cell(found, cuts !== WHOLE));
    }
    process.stdout.write(`| ${[as.name, ...cells].join(" | ")} |\n`);
    await writer.close();
  }
}
// Disposal of the library has been seen to hang; the process ends without it.
process.exit(0);
