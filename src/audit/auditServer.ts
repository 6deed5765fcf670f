import type { Chain } from "../chain/interface.ts";
import type { Recover, SealTo, Signer } from "../keys/interface.ts";
import type { Log } from "../observability/log.ts";
import {
  type Asked,
  type AuditFrame,
  decodeAudit,
  decodeProbe,
  encodeAsked,
  type ProbeFrame,
  type Sample,
  transcriptFrames,
  wrongAsked,
} from "../protocol/auditFrames.ts";
import { digest, orderHash, pongHash } from "../protocol/eip712.ts";
import { encodeTranscript } from "../protocol/transcript.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import { type PeerStream, PROTOCOLS, type ProtocolId, type Transport } from "../p2p/interface.ts";
import type { Address, Clock, Hex } from "../util/types.ts";
import { Allowance, type AllowanceRate } from "./allowance.ts";
import type { AuditBook } from "./auditBook.ts";
import { isRefused, type Refusal, refused } from "./refusal.ts";
import { type DrawSource, SampleDesk } from "./sampleDesk.ts";
import { ValidatorList } from "./validatorList.ts";

export type CheckFrame = Extract<ProbeFrame, { type: "order" }>;
export type CheckAnswer = Extract<ProbeFrame, { type: "answer" }>;
type Question = Extract<AuditFrame, { type: "sample" }> | Extract<ProbeFrame, { type: "ping" | "order" }>;
type Reply = AuditFrame | ProbeFrame;

export interface AuditServerDeps {
  readonly audit: AuditBook;
  readonly chain: Chain;
  readonly signer: Signer;
  readonly recover: Recover;
  readonly sealTo: SealTo;
  readonly clock: Clock;
  readonly log: Log;
  readonly draws?: DrawSource | undefined;
  /** What a validator may be sent. */
  readonly rate?: AllowanceRate;
  /** Whether this peer may bring a validator's question to us; validators always may bring their own. */
  mayForward(peer: Address): boolean;
  /** Brings a question to a node behind this one; without it only this node's own are answered. */
  readonly forward?: Pick<Transport, "reach">;
  /** Answers a validator's order of one token; without it there is none. */
  check?(frame: CheckFrame): Promise<CheckAnswer | Refusal>;
}

/** Transcripts are the large answers: 2,000 of 4 kB are in the burst. */
const RATE = { bytesPerSecond: 1_048_576, burstBytes: 16 * 1_048_576 };
/** What a question costs beside its answer. */
const QUESTION_BYTES = 1024;
/** A stream without a question is closed after so long. */
const IDLE_MS = 60_000;
/** The longest wait for a node behind this one. */
const FORWARD_MS = 20_000;

/**
 * Answers validators: pings, transcripts of drawn leaves, and orders of one token. Each question is signed by its validator
 * for one node, so a router that passes it on can neither change nor reuse it, nor read a transcript. A stream's questions are
 * answered in order.
 */
export class AuditServer {
  readonly #deps: AuditServerDeps;
  readonly #validators: ValidatorList;
  readonly #samples: SampleDesk;
  readonly #allowance: Allowance;

  constructor(deps: AuditServerDeps) {
    this.#deps = deps;
    this.#validators = new ValidatorList(deps);
    this.#allowance = new Allowance(deps.rate ?? RATE, deps.clock);
    this.#samples = new SampleDesk({ audit: deps.audit, draws: deps.draws });
  }

  /** Answers on these protocols from now on. */
  serve(handle: Transport["handle"]): void {
    handle(PROTOCOLS.audit, (stream) => void this.#run(stream, PROTOCOLS.audit));
    handle(PROTOCOLS.probe, (stream) => void this.#run(stream, PROTOCOLS.probe));
  }

  async #run(stream: PeerStream, protocol: ProtocolId): Promise<void> {
    const { clock, log } = this.#deps;
    let cancel = (): void => {};
    const wait = (): void => {
      cancel();
      cancel = clock.after(IDLE_MS, () => void stream.close().catch(() => undefined));
    };
    try {
      wait();
      for await (const bytes of stream.frames) {
        const question = questionOf(bytes, protocol);
        for (const reply of await this.#answer(question, { remote: stream.remote, protocol })) stream.send(reply);
        wait();
      }
      await stream.close();
    } catch (error) {
      log.debug("line of a validator lost", { peer: stream.remote, why: String(error) });
      stream.abort(error instanceof Error ? error : new Error(String(error)));
    } finally {
      cancel();
    }
  }

  async #answer(
    question: Question,
    { remote, protocol }: { remote: Address; protocol: ProtocolId },
  ): Promise<readonly Uint8Array[]> {
    const { signer, log } = this.#deps;
    const { validator, node } = partiesOf(question);
    try {
      const wrong = await this.#wrong(question, remote);
      if (wrong !== undefined) return [encodeAsked({ type: "refuse", ...wrong })];
      this.#allowance.take(validator, QUESTION_BYTES);
      const replies =
        node === signer.address
          ? (await this.#own(question)).map(encodeAsked)
          : await this.#forwarded(encodeAsked(question), { node, protocol });
      this.#allowance.take(
        validator,
        replies.reduce((sum, { length }) => sum + length, 0),
      );
      return replies;
    } catch (error) {
      log.warn("validator's question could not be answered", { validator, node, question: question.type }, error);
      const why = error instanceof CortensorError ? error.message : "this node failed";
      return [encodeAsked({ type: "refuse", ...refused("busy", why) })];
    }
  }

  /** Who asks, and whether it may at all: the same for what is answered here and for what is passed on. */
  async #wrong(question: Question, remote: Address): Promise<Refusal | undefined> {
    const { chain, recover } = this.#deps;
    const { validator, epoch } = partiesOf(question);
    if (remote !== validator && !this.#deps.mayForward(remote))
      return refused("bad-request", `${remote} asks in the name of ${validator}`);
    if (!this.#allowance.has(validator)) return refused("rate-limited", `${validator} asks too much`);
    const current = chain.epoch().epoch;
    const isSample = question.type === "sample";
    if (epoch > current + 1 || (!isSample && epoch < current - 1))
      return refused("bad-request", `it names epoch ${epoch} and it is ${current}`);
    if (!(await this.#validators.of(epoch + 1)).includes(validator))
      return refused("not-validator", `${validator} is not a registered validator`);
    const now = chain.head().timestamp;
    const bad =
      question.type === "order"
        ? wrongCheck(question, { domain: chain.domain, recover })
        : wrongAsked(askedOf(question), {
            domain: chain.domain,
            recover,
            now,
            lifetimeSeconds: chain.parameters.orderLifetimeSeconds,
          });
    return bad === undefined ? undefined : refused("bad-request", bad);
  }

  async #own(question: Question): Promise<readonly Reply[]> {
    switch (question.type) {
      case "ping":
        return [this.#pong(question.ping)];
      case "sample": {
        const found = await this.#samples.show(question.sample);
        if (isRefused(found)) return [{ type: "refuse", ...found }];
        const { leaf, mailbox } = question.sample;
        const sealed = this.#deps.sealTo(mailbox, encodeTranscript(found), leaf);
        if (sealed !== undefined) return transcriptFrames(leaf, sealed);
        return [{ type: "refuse", ...refused("bad-request", "nothing can be sealed to its mailbox") }];
      }
      case "order": {
        const answer = await this.#deps.check?.(question);
        if (answer === undefined) return [{ type: "refuse", ...refused("unserved", "this node serves no model") }];
        return [isRefused(answer) ? { type: "refuse", ...answer } : answer];
      }
      default:
        return question satisfies never;
    }
  }

  #pong({ epoch, validator, nonce }: Asked): ProbeFrame {
    const { signer, chain } = this.#deps;
    return { type: "pong", nonce, signature: signer.sign(digest(chain.domain, pongHash({ epoch, validator, nonce }))) };
  }

  /** The replies of a node behind this one, as they came. */
  async #forwarded(
    question: Uint8Array,
    { node, protocol }: { node: Address; protocol: ProtocolId },
  ): Promise<readonly Uint8Array[]> {
    const { forward, clock } = this.#deps;
    const refuse = (refusal: Refusal): readonly Uint8Array[] => [encodeAsked({ type: "refuse", ...refusal })];
    if (forward === undefined) return refuse(refused("bad-request", `it is for ${node}`));
    const late = new AbortController();
    const cancel = clock.after(FORWARD_MS, () => late.abort(new DOMException("no answer in time", "TimeoutError")));
    try {
      const stream = await forward.reach(node, protocol, late.signal);
      late.signal.addEventListener("abort", () => stream.abort(late.signal.reason as Error), { once: true });
      try {
        stream.send(question);
        return await wholeReply(stream, protocol);
      } finally {
        void stream.close().catch(() => undefined);
      }
    } catch (error) {
      const why = error instanceof CortensorError ? error.message : `no answer from ${node}`;
      return refuse(refused("peer-unreachable", why));
    } finally {
      cancel();
    }
  }
}

/** Reads until the reply to one question is whole. */
async function wholeReply(stream: PeerStream, protocol: ProtocolId): Promise<readonly Uint8Array[]> {
  const replies: Uint8Array[] = [];
  for await (const bytes of stream.frames) {
    const frame = protocol === PROTOCOLS.audit ? decodeAudit(bytes) : decodeProbe(bytes);
    replies.push(bytes);
    if (frame.type !== "transcript" || replies.length === frame.of) return replies;
  }
  throw new CortensorError("peer-unreachable", `${stream.remote} ended its line without an answer`);
}

function questionOf(bytes: Uint8Array, protocol: ProtocolId): Question {
  const frame = protocol === PROTOCOLS.audit ? decodeAudit(bytes) : decodeProbe(bytes);
  if (frame.type === "sample" || frame.type === "ping" || frame.type === "order") return frame;
  throw new CortensorError("peer-protocol", `a validator does not send ${frame.type}`);
}

function partiesOf(question: Question): {
  readonly validator: Address;
  readonly node: Address;
  readonly epoch: number;
} {
  if (question.type !== "order") return askedOf(question).asked;
  const { router: validator, miner: node, epoch } = question.order;
  return { validator, node, epoch };
}

function askedOf(question: Exclude<Question, { type: "order" }>): {
  readonly kind: "ping" | "sample";
  readonly asked: Asked | Sample;
  readonly signature: Hex;
} {
  const { type: kind, signature } = question;
  return { kind, asked: question.type === "sample" ? question.sample : question.ping, signature };
}

function wrongCheck(
  { order, signature }: CheckFrame,
  { domain, recover }: Pick<AuditServerDeps, "recover"> & Pick<Chain, "domain">,
): string | undefined {
  const signed = recover(digest(domain, orderHash(order)), signature) === order.router;
  return signed ? undefined : `the order is not signed by ${order.router}`;
}
