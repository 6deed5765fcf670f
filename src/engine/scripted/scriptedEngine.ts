import { createHash } from "node:crypto";
import { CortensorError } from "../../errors/cortensorError.ts";
import { systemClock } from "../../util/clock.ts";
import { type DueFault, FaultDice } from "../../util/fault.ts";
import { seededRandom } from "../../util/random.ts";
import type { Clock, Hex } from "../../util/types.ts";
import { checkIds, checkReplay, chosen, contextLeft, engineStopped } from "../generation.ts";
import type { Candidate, Engine, GeneratedToken, GenerateInput, ModelInfo, ReplayInput } from "../interface.ts";
import { SlotQueue } from "../slotQueue.ts";
import { turn } from "../turn.ts";
import { answerLength, distribution, hashOfText, mix, type Noise } from "./distribution.ts";
import { pause } from "./pause.ts";
import { replayed } from "./replay.ts";
import type { Script } from "./script.ts";
import { CONTROL_TEXTS, detokenize, END_ID, tokenize, VOCABULARY_SIZE } from "./vocabulary.ts";

export interface ScriptedEngineOptions extends Script {
  /** 4096 if not given. */
  readonly contextTokens?: number;
  /** 4 if not given. */
  readonly slots?: number;
}

export interface ScriptedEngineDeps {
  readonly clock?: Clock;
  /** What the fault `crash` does; kills the process if not given. */
  readonly crash?: () => void;
  /** Where random faults fall; the script's `dice` if not given, else `Math.random`. */
  readonly random?: () => number;
}

const CHATML =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
const LENGTH = 64;
const SLOWER = 10;
const SLOW_WITHOUT_RATE_MS = 200;

/** An engine without a model: its answers are a pure function of a seed and the context, its faults are ordered. */
export class ScriptedEngine implements Engine {
  readonly model: ModelInfo;
  readonly slots: number;
  readonly #script: Script;
  readonly #clock: Clock;
  readonly #crash: () => void;
  readonly #queue: SlotQueue;
  readonly #stop = new AbortController();
  readonly #dice: FaultDice;

  constructor(options: ScriptedEngineOptions = {}, deps: ScriptedEngineDeps = {}) {
    const name = options.name ?? "scripted";
    this.#script = options;
    this.slots = options.slots ?? 4;
    this.#queue = new SlotQueue(this.slots);
    this.#clock = deps.clock ?? systemClock;
    const random = options.dice === undefined ? Math.random : seededRandom(options.dice);
    this.#dice = new FaultDice(options.faults ?? [], deps.random ?? random);
    this.#crash = deps.crash ?? (() => process.kill(process.pid, "SIGKILL"));
    this.model = {
      // No files: the model is not pinned, its id is the hash of the declared name.
      modelId: `0x${createHash("sha256").update(name).digest("hex")}` satisfies Hex,
      name,
      sizeBytes: 0,
      contextTokens: options.contextTokens ?? 4096,
      vocabularySize: VOCABULARY_SIZE,
      chatTemplate: CHATML,
      bosText: "",
      eosText: CONTROL_TEXTS.get(END_ID) ?? "",
      addBos: false,
      controlTokens: [...CONTROL_TEXTS.values()],
    };
  }

  async start(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
  }

  async stop(): Promise<void> {
    this.#stop.abort(engineStopped());
    this.#queue.close();
  }

  tokenize(text: string, control: boolean): number[] {
    return tokenize(text, control);
  }

  detokenize(ids: readonly number[]): string {
    return detokenize(ids);
  }

  async *generate(input: GenerateInput, signal: AbortSignal): AsyncGenerator<GeneratedToken, void, void> {
    const room = contextLeft(input, this.model);
    checkIds(input.ids, this.model);
    const either = AbortSignal.any([signal, this.#stop.signal]);
    const slot = await this.#queue.take(either);
    try {
      yield* this.#answer(input, Math.min(room, input.maxTokens), either);
    } finally {
      this.#queue.release(slot);
    }
  }

  /** Without the script's delays and faults: those are of answers. */
  async *replay(input: ReplayInput, signal: AbortSignal): AsyncGenerator<readonly Candidate[], void, void> {
    checkReplay(input, this.model);
    const either = AbortSignal.any([signal, this.#stop.signal]);
    const slot = await this.#queue.take(either);
    try {
      const { seed = this.model.name, length = LENGTH } = this.#script;
      const script = { seed, length, noise: this.#noise() };
      for (const candidates of replayed(input, script)) {
        await turn();
        either.throwIfAborted();
        yield candidates;
      }
    } finally {
      this.#queue.release(slot);
    }
  }

  async *#answer(input: GenerateInput, most: number, signal: AbortSignal): AsyncGenerator<GeneratedToken, void, void> {
    const ids = [...input.ids];
    const length = this.#script.length ?? LENGTH;
    const faults = this.#dice.throw();
    const noise = this.#noise();
    let hash = ids.reduce(mix, hashOfText(this.#script.seed ?? this.model.name));
    let said = answerLength(ids);
    let dueMs = this.#clock.now() + (this.#script.firstTokenMs ?? 0);
    for (let count = 0; count < most; count += 1) {
      await this.#fail(faults, count, signal);
      // So that an abort is seen between two tokens, also when nothing has to be waited for.
      await turn();
      await pause(dueMs - this.#clock.now(), signal, this.#clock);
      const token = chosen(input, distribution({ ids, hash, said, length, noise }));
      const end = token.id === END_ID;
      yield { ...token, end };
      if (end) return;
      ids.push(token.id);
      hash = mix(hash, token.id);
      said += 1;
      dueMs = Math.max(dueMs, this.#clock.now() - 1000) + this.#gapMs(faults, count + 1);
    }
  }

  #noise(): Noise | undefined {
    const { noiseNats: nats = 0, machine = "" } = this.#script;
    return nats > 0 ? { nats, machine: hashOfText(machine) } : undefined;
  }

  #gapMs(faults: readonly DueFault[], count: number): number {
    const rate = this.#script.tokensPerSecond ?? 0;
    const gapMs = rate > 0 ? 1000 / rate : 0;
    const slow = faults.some((fault) => fault.kind === "slow" && count >= fault.atToken);
    if (!slow) return gapMs;
    return gapMs > 0 ? gapMs * SLOWER : SLOW_WITHOUT_RATE_MS;
  }

  async #fail(faults: readonly DueFault[], count: number, signal: AbortSignal): Promise<void> {
    const fault = faults.find((each) => each.kind !== "slow" && each.atToken === count);
    if (fault === undefined) return;
    if (fault.kind === "stall") await pause(Number.POSITIVE_INFINITY, signal, this.#clock);
    if (fault.kind === "crash") this.#crash();
    throw new CortensorError("task-failed", `The script ends this answer after ${count} tokens.`, {
      data: { fault: fault.kind, tokens: count },
    });
  }
}
