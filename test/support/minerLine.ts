import type { Hello } from "../../src/protocol/frames.ts";
import type { PeerStream } from "../../src/p2p/interface.ts";
import { MinerLink } from "../../src/router/minerLink.ts";
import type { Address } from "../../src/util/types.ts";

interface MinerLineInput {
  readonly address: Address;
  readonly owner?: Address;
  readonly model?: Partial<Hello["models"][number]>;
  /** Wei per token. */
  readonly promptPrice?: bigint;
  readonly outputPrice?: bigint;
}

export function minerAddress(n: number): Address {
  return `0x${n.toString(16).padStart(40, "0")}`;
}

/** A router's line to a miner that says nothing after its hello. */
export function minerLine({ address, owner = address, model, promptPrice = 1n, outputPrice = 2n }: MinerLineInput) {
  const stream: PeerStream = {
    remote: address,
    send: () => {},
    queuedBytes: 0,
    frames: { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }) },
    close: () => Promise.resolve(),
    abort: () => {},
  };
  const served = {
    modelId: "0xaa",
    name: "tiny",
    contextTokens: 4096,
    engine: "scripted",
    slots: 4,
    canContinue: true,
  };
  return new MinerLink(stream, {
    version: 1,
    address,
    owner,
    role: "miner",
    models: [{ ...served, ...model } as Hello["models"][number]],
    promptPrice,
    outputPrice,
    software: "test",
    nonce: "0x00",
    expiresAt: 0,
  });
}
