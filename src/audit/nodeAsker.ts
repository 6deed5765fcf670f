import type { Chain } from "../chain/interface.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Mailbox, Recover, Signer } from "../keys/interface.ts";
import {
  type Asked,
  askedMessage,
  type AuditFrame,
  decodeAudit,
  decodeProbe,
  encodeAsked,
  type ProbeFrame,
  type RefuseFrame,
} from "../protocol/auditFrames.ts";
import { digest, messageHash, orderHash, pongHash, receiptHash } from "../protocol/eip712.ts";
import { idsHash, inputHash, paramsHash } from "../protocol/hash.ts";
import {
  ORDER_KIND,
  type Order,
  type Receipt,
  type Signed,
  type TaskInput,
  type TaskParams,
} from "../protocol/records.ts";
import { decodeTranscript, type Transcript, wrongTranscript } from "../protocol/transcript.ts";
import { type PeerStream, PROTOCOLS, type ProtocolId, type Transport } from "../p2p/interface.ts";
import { concatBytes } from "../util/hex.ts";
import type { Address, Hex } from "../util/types.ts";

export interface AskerDeps {
  readonly chain: Pick<Chain, "domain" | "head" | "parameters">;
  readonly transport: Pick<Transport, "open">;
  /** The validator's key. */
  readonly signer: Signer;
  readonly recover: Recover;
  /** A fresh one for each transcript. */
  newMailbox(): Mailbox;
  randomBytes32(): Hex;
}

/** Which node is asked, and the multiaddr of a router that it is, or is connected to. */
export interface Target {
  readonly via: string;
  readonly node: Address;
  readonly epoch: number;
}

/** A node's sign of life, which everybody can check. */
export interface SignedPong {
  readonly node: Address;
  readonly epoch: number;
  readonly nonce: Hex;
  readonly signature: Hex;
}

/** What a validator asks of one miner at level 1. */
export interface CheckWish {
  readonly model: Hex;
  readonly input: TaskInput;
  readonly params: TaskParams;
  readonly seed: bigint;
}

/** One token, with the miner's signature for it. */
export interface CheckedToken {
  readonly order: Order;
  readonly id: number;
  readonly receipt: Signed<Receipt>;
}

const NO_HASH: Hex = `0x${"00".repeat(32)}`;
const CHECK_MS = 20_000;

/**
 * A validator's questions to routers and to miners behind them. What comes back is checked before it is returned.
 *
 * Errors: `audit-refused` with the refusal's `code` and `retryable` in its data; `peer-unreachable`; `peer-protocol` for an
 * answer that is not signed by its node or is not what was asked. An aborted signal rejects with its reason.
 */
export class NodeAsker {
  readonly #deps: AskerDeps;

  constructor(deps: AskerDeps) {
    this.#deps = deps;
  }

  async pong(target: Target, signal: AbortSignal): Promise<SignedPong> {
    const { recover, chain } = this.#deps;
    const { node, epoch } = target;
    const ping = this.#asked(target);
    const { validator, nonce } = ping;
    const frame: ProbeFrame = { type: "ping", ping, signature: this.#sign(messageHash(askedMessage("ping", ping))) };
    const reply = await this.#probe(target, { frame, signal });
    if (reply.type !== "pong" || reply.nonce !== nonce) throw broken(node, "answered another question");
    if (recover(digest(chain.domain, pongHash({ epoch, validator, nonce })), reply.signature) !== node)
      throw broken(node, "did not sign its pong");
    return { node, epoch, nonce, signature: reply.signature };
  }

  /** The transcript of a drawn leaf, whose signatures and hashes hold. */
  async transcript(target: Target & { readonly leaf: Hex }, signal: AbortSignal): Promise<Transcript> {
    const { chain, recover } = this.#deps;
    const { leaf, node } = target;
    const mailbox = this.#deps.newMailbox();
    const sample = { ...this.#asked(target), leaf, mailbox: mailbox.publicKey };
    const signature = this.#sign(messageHash(askedMessage("sample", sample)));
    const frame: AuditFrame = { type: "sample", sample, signature };
    const sealed = await this.#converse(target.via, { protocol: PROTOCOLS.audit, frame, signal }, (stream) =>
      joined(stream, { leaf, node }),
    );
    const bytes = mailbox.open(sealed, leaf);
    if (bytes === undefined) throw broken(node, "answered with what does not open");
    const transcript = decodeTranscript(bytes);
    const wrong = wrongTranscript(transcript, { leaf, domain: chain.domain, recover });
    if (wrong !== undefined) throw broken(node, `shows a transcript with another ${wrong}`);
    return transcript;
  }

  /** One token of a miner, which it gives each validator once an epoch. */
  async check(target: Target, wish: CheckWish, signal: AbortSignal): Promise<CheckedToken> {
    const { recover, chain } = this.#deps;
    const { node } = target;
    const salt = this.#deps.randomBytes32();
    const { input } = wish;
    const params = { ...wish.params, maxTokens: 1 };
    const order = this.#order(target, { ...wish, params, salt });
    const hash = orderHash(order);
    const frame: ProbeFrame = { type: "order", order, signature: this.#sign(hash), input, salt, params };
    const reply = await this.#probe(target, { frame, signal });
    if (reply.type !== "answer") throw broken(node, "answered another question");
    const { ids, receipt } = reply;
    const [id] = ids;
    const { record, signature } = receipt;
    if (id === undefined || record.order !== hash || record.idsHash !== idsHash(ids) || record.fee !== 0n)
      throw broken(node, "signed for another answer");
    if (recover(digest(chain.domain, receiptHash(record)), signature) !== node) throw broken(node, "did not sign");
    return { order, id, receipt };
  }

  #asked({ node, epoch }: Target): Asked {
    const { chain, signer } = this.#deps;
    const expiresAt = chain.head().timestamp + chain.parameters.orderLifetimeSeconds;
    return { epoch, node, validator: signer.address, nonce: this.#deps.randomBytes32(), expiresAt };
  }

  #order({ node, epoch }: Target, { model, input, params, seed, salt }: CheckWish & { readonly salt: Hex }): Order {
    const { chain, signer } = this.#deps;
    return {
      task: salt,
      attempt: 0,
      replica: 0,
      kind: ORDER_KIND.generate,
      epoch,
      router: signer.address,
      miner: node,
      session: NO_HASH,
      model,
      input: inputHash(salt, input),
      params: paramsHash(params),
      seed,
      from: 0,
      resume: idsHash([]),
      maxTokens: 1,
      promptPrice: 0n,
      outputPrice: 0n,
      deadlineMs: CHECK_MS,
      expiresAt: chain.head().timestamp + chain.parameters.orderLifetimeSeconds,
    };
  }

  #sign(hash: Hex): Hex {
    return this.#deps.signer.sign(digest(this.#deps.chain.domain, hash));
  }

  async #probe(
    { via, node }: Target,
    { frame, signal }: { frame: ProbeFrame; signal: AbortSignal },
  ): Promise<Exclude<ProbeFrame, RefuseFrame>> {
    return await this.#converse(via, { protocol: PROTOCOLS.probe, frame, signal }, async (stream) => {
      for await (const bytes of stream.frames) return accepted(decodeProbe(bytes), node);
      throw silent(node);
    });
  }

  async #converse<T>(
    via: string,
    { protocol, frame, signal }: { protocol: ProtocolId; frame: AuditFrame | ProbeFrame; signal: AbortSignal },
    read: (stream: PeerStream) => Promise<T>,
  ): Promise<T> {
    const stream = await this.#deps.transport.open(via, protocol, signal);
    const abort = (): void => stream.abort(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    try {
      stream.send(encodeAsked(frame));
      return await read(stream);
    } finally {
      signal.removeEventListener("abort", abort);
      void stream.close().catch(() => undefined);
    }
  }
}

/** The parts of one transcript, in their order. */
async function joined(stream: PeerStream, { leaf, node }: { leaf: Hex; node: Address }): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const bytes of stream.frames) {
    const frame = accepted(decodeAudit(bytes), node);
    if (frame.type !== "transcript" || frame.leaf !== leaf || frame.n !== parts.length)
      throw broken(node, "answered another question");
    parts.push(frame.bytes);
    if (parts.length === frame.of) return concatBytes(...parts);
  }
  throw silent(node);
}

function accepted<T extends AuditFrame | ProbeFrame>(frame: T, node: Address): Exclude<T, RefuseFrame> {
  if (frame.type !== "refuse") return frame as Exclude<T, RefuseFrame>;
  const { code, retryable, message } = frame;
  throw new CortensorError("audit-refused", `${node} does not answer: ${code}`, {
    why: [["said", message]],
    data: { node, code, retryable },
  });
}

function broken(node: Address, what: string): CortensorError {
  return new CortensorError("peer-protocol", `${node} ${what}`, { data: { node } });
}

function silent(node: Address): CortensorError {
  return new CortensorError("peer-unreachable", `the line to ${node} ended without an answer`, { data: { node } });
}
