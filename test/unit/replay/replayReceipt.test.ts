import { describe, expect, test } from "vitest";
import { writeAnswer } from "../../../src/replay/calibrate/writeAnswer.ts";
import { replayReceipt } from "../../../src/replay/replayReceipt.ts";
import type { Engine } from "../../../src/engine/interface.ts";
import { ScriptedEngine } from "../../../src/engine/scripted/scriptedEngine.ts";
import { promptIds } from "../../../src/protocol/promptIds.ts";
import { FINISH } from "../../../src/protocol/records.ts";
import { asked, receiptFor } from "../../support/writeReceipt.ts";

const NEVER = new AbortController().signal;
const DAY = 86_400;

/** A model whose prompt has the date in it, as some have. */
function dated(format: string): Engine {
  const engine = new ScriptedEngine({ length: 40 });
  const chatTemplate = `{{ strftime_now('${format}') }} {% for message in messages %}{{ message.content }}{% endfor %}`;
  return {
    model: { ...engine.model, chatTemplate },
    slots: engine.slots,
    start: () => engine.start(),
    stop: () => engine.stop(),
    tokenize: (text, control) => engine.tokenize(text, control),
    detokenize: (ids) => engine.detokenize(ids),
    generate: (input, signal) => engine.generate(input, signal),
    replay: (input, signal) => engine.replay(input, signal),
  };
}

describe("an answer to a prompt with a date", () => {
  const task = asked("What day is it?", { maxTokens: 60 });

  async function writtenOn(engine: Engine, epochStart: number) {
    const prompt = promptIds({ input: task.input, epochStart }, engine);
    const options = { ...task.params, seed: task.seed };
    const { ids, ended } = await writeAnswer({ prompt, options, maxTokens: 60 }, engine, NEVER);
    const part = { ids, finish: ended ? FINISH.stop : FINISH.length };
    return receiptFor(task, { engine, parts: [part], promptTokens: prompt.length });
  }

  async function matched(engine: Engine, epochStart: number): Promise<[promptTokens: boolean, share: number]> {
    const bundle = await writtenOn(engine, epochStart);
    const { parts, promptTokens } = await replayReceipt({ bundle, card: undefined, signal: NEVER }, engine);
    const [part] = parts;
    return [promptTokens === bundle.parts[0]?.receipt.promptTokens, (part?.matches ?? 0) / (part?.tokens ?? 1)];
  }

  test.each(["%Y-%m-%d", "%A %d %B"])(
    "may have been given on the day of the receipt or the one before: %s",
    async (format) => {
      const engine = dated(format);
      const issued = Date.parse((await writtenOn(engine, 0)).issuedAt) / 1000;
      expect(await matched(engine, issued)).toEqual([true, 1]);
      expect(await matched(engine, issued - DAY)).toEqual([true, 1]);
      expect((await matched(engine, issued - 40 * DAY))[1]).toBeLessThan(0.9);
    },
  );
});
