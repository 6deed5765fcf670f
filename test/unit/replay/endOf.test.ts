import { describe, expect, test } from "vitest";
import { impossibleEnd } from "../../../src/replay/endOf.ts";
import { FINISH } from "../../../src/protocol/records.ts";

const END = 99;
const OTHER_CONTROL = 98;
const engine = {
  model: { eosText: "<end>" },
  tokenize: () => [END],
  detokenize: (ids: readonly number[]) =>
    ids.map((id) => (id >= OTHER_CONTROL ? "" : String.fromCharCode(96 + id))).join(""),
};
const end = (ids: readonly number[], more: Partial<Parameters<typeof impossibleEnd>[0]> = {}) =>
  impossibleEnd({ ids, from: 0, finish: FINISH.stop, stop: [], ...more }, engine);

describe("an answer can end", () => {
  test.each([
    ["with the end of the turn", end([1, 2, END])],
    ["with another token that shows no text, as some models have several ends", end([1, 2, OTHER_CONTROL])],
    ["with a stop string", end([1, 2, 3], { stop: ["bc"] })],
    ["at the limit, or cut off by a client", end([1, 2], { finish: FINISH.length })],
    ["in the middle, when another miner goes on", end([1, 2], { finish: FINISH.growing })],
    ["without a token", end([])],
    ["for a part that does not answer for an end before it", end([1, END, 2, END], { from: 2 })],
  ])("%s", (_, why) => expect(why).toBeUndefined());

  test("but goes on after the end of its turn", () => {
    for (const finish of [FINISH.stop, FINISH.length, FINISH.growing])
      expect(end([1, END, 2], { finish })).toBe("it goes on after its turn ended at token 2");
  });

  test("but has not stopped when nothing ended it", () => {
    expect(end([1, 2, 3], { stop: ["x"] })).toContain("it claims to have stopped");
  });

  test("with nothing known of the model's end, as it says of itself", () => {
    const bare = { ...engine, model: { eosText: "" } };
    const ids = [1, END, 2];
    expect(impossibleEnd({ ids, from: 0, finish: FINISH.length, stop: [] }, bare)).toBeUndefined();
  });
});
