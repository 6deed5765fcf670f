import { expect, test } from "vitest";
import { FrameStream, type Pipe } from "../../../src/p2p/frameStream.ts";
import { TokenBucket } from "../../../src/p2p/rateLimit.ts";
import { joinFrames } from "../../../src/p2p/wire.ts";
import { FakeClock } from "../../support/fakeClock.ts";
import { bytes, turn, untilError } from "../../support/transportSuite.ts";

const REMOTE = "0x00000000000000000000000000000000000000aa";

class FakePipe implements Pipe {
  written: number[] = [];
  log: string[] = [];
  takes = true;
  bufferedBytes = 0;
  ending: Promise<void> = Promise.resolve();

  write(chunk: Uint8Array): boolean {
    this.written.push(chunk.byteLength);
    return this.takes;
  }
  pause(): void {
    this.log.push("pause");
  }
  resume(): void {
    this.log.push("resume");
  }
  end(): Promise<void> {
    this.log.push("end");
    return this.ending;
  }
  reset(): void {
    this.log.push("reset");
  }
}

function setUp() {
  const pipe = new FakePipe();
  const clock = new FakeClock();
  const over = { count: 0 };
  const bucket = new TokenBucket({ bytesPerSecond: 1e6, burstBytes: 1e7 }, clock);
  const options = { remote: REMOTE, queueBytes: 1_000_000, inboxBytes: 10_000, closeMs: 3000 } as const;
  const stream = new FrameStream(options, { pipe, bucket, clock, onOver: () => (over.count += 1) });
  return { pipe, clock, stream, over };
}

test("a burst of small frames is one write", async () => {
  const { pipe, stream } = setUp();
  for (let i = 0; i < 100; i += 1) stream.send(bytes(100, i));
  expect(stream.queuedBytes).toBe(100 * 104);
  await turn();
  expect(pipe.written).toEqual([100 * 104]);
  expect(stream.queuedBytes).toBe(0);
});

test("a frame that has time travels with the next one, or alone when its time is over", async () => {
  const { pipe, clock, stream } = setUp();
  stream.send(bytes(100, 1), 5);
  await turn();
  expect(pipe.written).toEqual([]);
  stream.send(bytes(100, 2));
  await turn();
  expect(pipe.written).toEqual([2 * 104]);
  stream.send(bytes(100, 3), 5);
  await clock.pass(5);
  expect(pipe.written).toEqual([2 * 104, 104]);
});

test("a frame that has time is not lost when the stream is closed", async () => {
  const { pipe, stream } = setUp();
  stream.send(bytes(100, 1), 5);
  await stream.close();
  expect(pipe.written).toEqual([104]);
});

test("a full pipe is not written to before it has drained", async () => {
  const { pipe, stream } = setUp();
  pipe.takes = false;
  for (let i = 0; i < 4; i += 1) stream.send(bytes(50_000, i));
  await turn();
  expect(pipe.written).toHaveLength(1);
  pipe.takes = true;
  stream.drained();
  expect(pipe.written).toHaveLength(4);
});

test("a peer that breaks the framing is dropped, after the frames before", async () => {
  const { pipe, stream, over } = setUp();
  stream.received(joinFrames([bytes(3, 1), bytes(4, 2)]));
  stream.received(new Uint8Array([0xff, 0xff, 0xff, 0xff]));
  stream.received(joinFrames([bytes(3, 3)]));
  const { frames, error } = await untilError(stream);
  expect(frames.map((frame) => frame.byteLength)).toEqual([3, 4]);
  expect(error).toMatchObject({ code: "peer-protocol" });
  expect(pipe.log).toEqual(["reset"]);
  expect(over.count).toBe(1);
  expect(() => stream.send(bytes(1, 1))).toThrow(expect.objectContaining({ code: "peer-protocol" }));
});

test("a reader that falls behind stops the peer, and lets it go on when half is read", async () => {
  const { pipe, stream } = setUp();
  for (let i = 0; i < 20; i += 1) stream.received(joinFrames([bytes(1000, i)]));
  expect(pipe.log).toEqual(["pause"]);
  const reader = stream.frames[Symbol.asyncIterator]();
  for (let i = 0; i < 10; i += 1) await reader.next();
  expect(pipe.log).toEqual(["pause"]);
  for (let i = 0; i < 8; i += 1) await reader.next();
  expect(pipe.log).toEqual(["pause", "resume"]);
});

test("a reader that leaves does not hold the peer up", async () => {
  const { pipe, stream } = setUp();
  for (let i = 0; i < 20; i += 1) stream.received(joinFrames([bytes(1000, i)]));
  for await (const frame of stream.frames) if (frame[0] === 2) break;
  for (let i = 0; i < 100; i += 1) stream.received(joinFrames([bytes(1000, i)]));
  expect(pipe.log).toEqual(["pause", "resume"]);
});

test("a close gives up on a peer that takes nothing", async () => {
  const { pipe, clock, stream } = setUp();
  pipe.takes = false;
  for (let i = 0; i < 4; i += 1) stream.send(bytes(50_000, i));
  await turn();
  const closed = stream.close();
  await clock.pass(2999);
  expect(pipe.log).toEqual([]);
  await clock.pass(2);
  await closed;
  expect(pipe.log).toEqual(["reset"]);
});

test("a close waits for a peer that takes slowly", async () => {
  const { pipe, clock, stream } = setUp();
  pipe.takes = false;
  for (let i = 0; i < 4; i += 1) stream.send(bytes(50_000, i));
  await turn();
  const closed = stream.close();
  for (let i = 0; i < 3; i += 1) {
    await clock.pass(2500);
    stream.drained();
  }
  await closed;
  expect(pipe.written).toHaveLength(4);
  expect(pipe.log).toEqual(["end"]);
});

test("after an abort nothing that waited is read or sent", async () => {
  const { pipe, stream, over } = setUp();
  stream.received(joinFrames([bytes(1, 1), bytes(1, 2)]));
  stream.send(bytes(5, 5));
  const reason = new Error("gone");
  stream.abort(reason);
  expect(await untilError(stream)).toEqual({ frames: [], error: reason });
  await turn();
  expect(pipe.written).toEqual([]);
  expect(over.count).toBe(1);
});

test("the peer's end ends our direction as well", async () => {
  const { pipe, stream } = setUp();
  stream.received(joinFrames([bytes(2, 2)]));
  stream.ended();
  expect((await untilError(stream)).frames).toHaveLength(1);
  expect(pipe.log).toEqual(["end"]);
  expect(() => stream.send(bytes(1, 1))).toThrow(expect.objectContaining({ code: "peer-unreachable" }));
  await stream.close();
});
