import type { MultiaddrConnection, Upgrader } from "@libp2p/interface";
import { concatBytes } from "../../util/hex.ts";

/** What a connection of the library calls to hand bytes to its socket. */
interface Sending {
  sendData(data: Pieces): SendResult;
  sendClose(options?: unknown): Promise<void>;
}

interface Pieces extends Iterable<Uint8Array> {
  readonly byteLength: number;
  subarray(): Uint8Array;
}

interface SendResult {
  readonly sentBytes: number;
  readonly canSendMore: boolean;
}

/**
 * The library's WebSocket sends every piece of a write as a message and a system call of its own: two for each packet of
 * noise, one of them for its length. With this upgrader everything that a line sends in one turn is one message.
 */
export function joinedWrites(upgrader: Upgrader): Upgrader {
  return Object.create(upgrader, {
    upgradeInbound: {
      value: (line: MultiaddrConnection, options: never) => upgrader.upgradeInbound(joined(line), options),
    },
    upgradeOutbound: {
      value: (line: MultiaddrConnection, options: never) => upgrader.upgradeOutbound(joined(line), options),
    },
  }) as Upgrader;
}

function joined(line: MultiaddrConnection): MultiaddrConnection {
  const hooks = line as unknown as Sending;
  const send = hooks.sendData.bind(line);
  const close = hooks.sendClose.bind(line);
  let waiting: Uint8Array[] = [];
  let hasRoom = true;
  line.addEventListener("drain", () => {
    hasRoom = true;
  });

  const flush = (): void => {
    if (waiting.length === 0) return;
    const whole = waiting.length === 1 && waiting[0] !== undefined ? waiting[0] : concatBytes(...waiting);
    waiting = [];
    try {
      hasRoom = send(onePiece(whole)).canSendMore;
    } catch (error) {
      line.abort(error instanceof Error ? error : new Error(String(error)));
    }
  };
  hooks.sendData = (data) => {
    if (waiting.length === 0) queueMicrotask(flush);
    waiting.push(data.subarray());
    return { sentBytes: data.byteLength, canSendMore: hasRoom };
  };
  hooks.sendClose = async (options) => {
    flush();
    await close(options);
  };
  return line;
}

function onePiece(bytes: Uint8Array): Pieces {
  return { byteLength: bytes.byteLength, subarray: () => bytes, [Symbol.iterator]: () => [bytes].values() };
}
