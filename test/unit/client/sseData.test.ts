import { array, assert, asyncProperty, constantFrom, integer, string } from "fast-check";
import { expect, test } from "vitest";
import { sseData } from "../../../src/client/sseData.ts";

async function read(chunks: readonly Uint8Array[]): Promise<string[]> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  const found: string[] = [];
  for await (const data of sseData(source())) found.push(data);
  return found;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("events are the same whichever way their bytes are cut and lines end", async () => {
  const texts = array(
    string({ unit: "grapheme", maxLength: 20 }).map((text) => text.replaceAll(/[\r\n]/g, "é")),
    { maxLength: 6 },
  );
  await assert(
    asyncProperty(
      texts,
      constantFrom("\n", "\r\n", "\r"),
      array(integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 50 }),
      async (events, end, cuts) => {
        const whole = bytes(events.map((text) => `data: ${text}${end}${end}`).join(""));
        const chunks: Uint8Array[] = [];
        for (let at = 0, cut = 0; at < whole.length; cut += 1) {
          const size = cuts[cut % cuts.length] ?? 1;
          chunks.push(whole.subarray(at, at + size));
          at += size;
        }
        expect(await read(chunks)).toEqual(events);
      },
    ),
  );
});

test("comments, other fields and a byte order mark are skipped, several data lines are one text", async () => {
  expect(await read([bytes("\ufeff: hello\nevent: x\nid: 1\ndata: a\ndata:b\ndata\n\n\n\ndata: c\n\n")])).toEqual([
    "a\nb\n",
    "c",
  ]);
});

test("an event that the end of the response cuts off is dropped", async () => {
  expect(await read([bytes("data: a\n\ndata: b\n")])).toEqual(["a"]);
});

test("a line without an end is refused before it fills the memory", async () => {
  const much = new Uint8Array(16 * 1024 * 1024).fill(97);
  await expect(read([much, much, much, much, much])).rejects.toMatchObject({ code: "peer-protocol" });
});
