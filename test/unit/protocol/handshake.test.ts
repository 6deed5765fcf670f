import { describe, expect, it } from "vitest";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import { createSigner, newPrivateKey, recover } from "../../../src/keys/index.ts";
import { decodeFrame, encodeFrame, type Frame, type Hello } from "../../../src/protocol/frames.ts";
import { checkHello, helloFrame, PROTOCOL_VERSION } from "../../../src/protocol/handshake.ts";

const peer = createSigner(newPrivateKey());
const stranger = createSigner(newPrivateKey());
const domain = { chainId: 31_337, runtime: `0x${"5a".repeat(20)}` } as const;
const NOW = 1_800_000_000;

const hello: Hello = {
  version: PROTOCOL_VERSION,
  address: peer.address,
  owner: `0x${"0e".repeat(20)}`,
  role: "miner",
  models: [],
  promptPrice: 1n,
  outputPrice: 2n ** 80n,
  software: "cortensor/1.0.0",
  nonce: `0x${"77".repeat(32)}`,
  expiresAt: NOW + 60,
};

const checks = { domain, remote: peer.address, role: "miner", now: NOW, recover } as const;
const signedBy = (signer: typeof peer, change: Partial<Hello> = {}): Frame =>
  decodeFrame(encodeFrame(helloFrame({ ...hello, ...change }, { domain, sign: (hash) => signer.sign(hash) })));

function codeOf(frame: Frame | undefined, change: Partial<typeof checks> | { domain: typeof domain } = {}): string {
  try {
    checkHello(frame, { ...checks, ...change });
    return "taken";
  } catch (error) {
    if (error instanceof CortensorError) return error.code;
    throw error;
  }
}

describe("a hello", () => {
  it("is taken from the key that the line belongs to, as it was sent", () => {
    expect(checkHello(signedBy(peer), checks)).toEqual(hello);
  });

  it("is refused from another key, in a signature or in its content", () => {
    expect(codeOf(signedBy(stranger))).toBe("peer-protocol");
    expect(codeOf(signedBy(peer, { address: stranger.address }))).toBe("peer-protocol");
    expect(codeOf(signedBy(stranger, { address: stranger.address }))).toBe("peer-protocol");
  });

  it("is refused when it was changed on the way", () => {
    const frame = signedBy(peer);
    if (frame.type !== "hello") throw new Error("not a hello");
    expect(codeOf({ ...frame, hello: { ...frame.hello, outputPrice: 1n } })).toBe("peer-protocol");
    expect(codeOf({ ...frame, signature: `0x${"00".repeat(64)}` })).toBe("peer-protocol");
  });

  it("is refused on another network, in another role, and when it expired", () => {
    expect(codeOf(signedBy(peer), { domain: { ...domain, chainId: 1 } as unknown as typeof domain })).toBe(
      "peer-protocol",
    );
    expect(codeOf(signedBy(peer, { role: "router" }))).toBe("peer-protocol");
    expect(codeOf(signedBy(peer, { expiresAt: NOW }))).toBe("taken");
    expect(codeOf(signedBy(peer, { expiresAt: NOW - 1 }))).toBe("peer-protocol");
  });

  it("comes first", () => {
    expect(codeOf({ type: "drain", inMs: 0 })).toBe("peer-protocol");
    expect(codeOf(undefined)).toBe("peer-protocol");
  });

  it("of another version says so", () => {
    expect(codeOf(signedBy(peer, { version: PROTOCOL_VERSION + 1 }))).toBe("version-old");
  });
});
