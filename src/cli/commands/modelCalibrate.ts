import { defineCommand } from "../command.ts";
import { CARD_COLUMNS, cardRows } from "../models/cardRows.ts";

export const modelCalibrate = defineCommand({
  about:
    "Makes the threshold card of a model: how far honest answers are from a replay, by temperature and with and without " +
    "top_p, top_k and min_p. verify --replay and validators judge by it. Takes minutes for small models and hours for large ones; " +
    "Ctrl-C leaves nothing behind. Noise differs between processors, so a card is as wide as what it was measured on.",
  arguments: [{ name: "ref", describe: "a GGUF file, a model's name, or the beginning of its id", required: true }],
  sections: [
    {
      title: "Options",
      flags: {
        against: {
          type: "string",
          default: undefined,
          value: "FILE",
          repeat: true,
          describe: "a model that a dishonest miner may serve in its place, to see how often that is found out",
        },
        out: {
          type: "string",
          default: undefined,
          value: "FILE",
          describe: "where the card goes; models/ of the home",
        },
        threads: {
          type: "integer",
          default: 1,
          min: 1,
          max: 1024,
          describe: "threads that compute; another number is measured as well",
        },
        quick: {
          type: "boolean",
          default: false,
          describe: "a few answers only, to try it out: the limits are wide, and without --out no card is written",
        },
      },
    },
  ],
  examples: [
    "cortensor model calibrate cortensor-tiny --quick",
    "cortensor model calibrate model-q8_0.gguf --against model-q4_0.gguf --out card.json",
  ],
  async run(ctx, { args, options }) {
    const { makeCard } = await import("../models/makeCard.ts");
    const { against, out, quick, threads } = options;
    const { card, file, name } = await makeCard(ctx, { ref: args.ref, against, out, quick, threads });
    ctx.result({ schema: "cortensor.calibrated/1", model: name, file, card }, () => {
      ctx.table(CARD_COLUMNS, cardRows(card));
      ctx.note(file === null ? "Only tried out: no card was written" : `The card of ${name} is in ${file}`);
    });
  },
});
