import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { EventStream } from "../../../src/router/http/eventStream.ts";
import { FakeClock } from "../../support/fakeClock.ts";

/** A response by hand, whose buffer is full or has room as the test says. */
class FakeResponse extends EventEmitter {
  readonly written: string[] = [];
  hasRoom = true;
  destroyed = false;
  ended = false;

  write(text: string): boolean {
    this.written.push(text);
    return this.hasRoom;
  }

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit("close");
  }
}

function stream() {
  const raw = new FakeResponse();
  const clock = new FakeClock();
  return { raw, clock, events: new EventStream(raw as unknown as ServerResponse, clock) };
}

async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.finally(() => {
    done = true;
  });
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  return done;
}

test("a full buffer holds the answer back until there is room", async () => {
  const { raw, events } = stream();
  raw.hasRoom = false;
  const sent = events.send({ a: 1 });
  expect(await settled(sent)).toBe(false);
  raw.emit("drain");
  await sent;
  expect(raw.written).toEqual(['data: {"a":1}\n\n']);
  expect(raw.listenerCount("drain") + raw.listenerCount("close")).toBe(0);
});

test("a client that leaves while the buffer is full lets the answer go on", async () => {
  const { raw, events } = stream();
  raw.hasRoom = false;
  const sent = events.send(1);
  raw.destroy();
  await sent;
  await events.send(2);
  await events.end("bye");
  expect(raw.written).toEqual(["data: 1\n\n"]);
  expect(raw.ended).toBe(false);
});

test("a client that takes nothing for a minute is cut off", async () => {
  const { raw, clock, events } = stream();
  raw.hasRoom = false;
  const sent = events.send(1);
  await clock.pass(59_999);
  expect(raw.destroyed).toBe(false);
  await clock.pass(1);
  await sent;
  expect(raw.destroyed).toBe(true);
});
