import type { Stream } from "@libp2p/interface";

/** Of yamux's states, the one in which a stream has nothing to tell but grants. */
const ESTABLISHED = 3;

/** What a stream of the library's yamux has beside the interface. */
interface YamuxStream {
  readonly state: number;
  /** Bytes that the peer may send in all, and how many of them it may still send. */
  readonly recvWindow: number;
  readonly recvWindowCapacity: number;
  sendWindowUpdate(): void;
}

/**
 * The library's yamux answers every frame with a grant of as many bytes, which doubles the packets on a line of small
 * frames. After this the stream grants when half of the window is used, as other implementations do.
 */
export function grantSeldom(stream: Stream): void {
  if (!isYamux(stream)) return;
  const grant = stream.sendWindowUpdate.bind(stream);
  stream.sendWindowUpdate = () => {
    if (stream.state !== ESTABLISHED || stream.recvWindowCapacity < stream.recvWindow / 2) grant();
  };
}

function isYamux(stream: object): stream is YamuxStream {
  const { sendWindowUpdate, recvWindow, recvWindowCapacity, state } = stream as Partial<YamuxStream>;
  return typeof sendWindowUpdate === "function" && [recvWindow, recvWindowCapacity, state].every(Number.isSafeInteger);
}
