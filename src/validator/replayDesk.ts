import type { Engine } from "../engine/interface.ts";
import { feeOf, promptPaid, promptTokensCeiling } from "../protocol/price.ts";
import { bandOf, type ThresholdCard } from "../protocol/thresholdCard.ts";
import type { Transcript } from "../protocol/transcript.ts";
import { judge, type Verdict, type Waiting } from "../protocol/verdict.ts";
import { hasCuts, replayReceipt } from "../replay/replayReceipt.ts";
import { BoundedMap } from "../util/boundedMap.ts";
import type { Hex } from "../util/types.ts";

/** Miners whose short answers wait for the next one. */
const MOST_WAITING = 10_000;

export interface ReplayDeskDeps {
  /** A started engine of a model that this machine has; the validator's own, which nobody stops meanwhile. */
  engineFor(modelId: Hex): Promise<Engine | undefined>;
  /** Without a card an answer can fail by its counts and its end only. */
  cardFor(modelId: Hex): Promise<ThresholdCard | undefined>;
}

/** What the replay of a transcript found. */
export interface Judged {
  readonly verdict: Verdict;
  /** The mean log-probability of the order's output, negated, in 1/256 nat; undefined when nothing was put out. */
  readonly value: number | undefined;
  /** Why, when it is not the mean margin that decided. */
  readonly why: string | undefined;
}

/** Replays transcripts and judges them; answers that are too short alone wait for the next of the same miner. */
export class ReplayDesk {
  readonly #deps: ReplayDeskDeps;
  readonly #waiting = new BoundedMap<string, Waiting | undefined>(MOST_WAITING);

  constructor(deps: ReplayDeskDeps) {
    this.#deps = deps;
  }

  /**
   * Undefined without an engine of the model. `epochStart`: when the order's epoch began, in seconds since 1970. Throws as
   * `replayReceipt` does.
   */
  async judge(
    { transcript, epochStart }: { readonly transcript: Transcript; readonly epochStart: number },
    signal: AbortSignal,
  ): Promise<Judged | undefined> {
    const { order, orderSignature, input, params, ids, receipts } = transcript;
    const [receipt] = receipts;
    const engine = await this.#deps.engineFor(order.model);
    if (receipt === undefined || engine === undefined) return undefined;
    const card = await this.#deps.cardFor(order.model);
    const bundle = {
      input,
      params,
      ids,
      parts: [{ order, orderSignature, ...receipt }],
      issuedAt: new Date(epochStart * 1000).toISOString(),
    };
    const { parts } = await replayReceipt({ bundle, card, epochStart, signal }, engine);
    const [part] = parts;
    if (part === undefined) return undefined;
    const value = part.tokens === 0 ? undefined : -part.meanLogprob256;
    const why = wrongCounts(transcript) ?? (part.verdict === "fail" ? part.why : undefined);
    if (why !== undefined) return { verdict: "fail", value, why };
    const band = card && bandOf(card, { temperature: params.temperature, cuts: hasCuts(params) });
    if (band === undefined) return { verdict: "inconclusive", value, why: part.why };
    const key = `${order.miner} ${order.model} ${band.temperature} ${band.cuts}`;
    const { verdict, waiting } = judge(part, band, this.#waiting.get(key));
    this.#waiting.set(key, waiting);
    return { verdict, value, why: verdict === "inconclusive" ? part.why : undefined };
  }
}

/** What the miner signed must be what the order allowed. */
function wrongCounts({ order, input, params, receipts }: Transcript): string | undefined {
  for (const { receipt } of receipts) {
    const { promptTokens, from, to, finish, fee } = receipt;
    if (order.maxTokens !== params.maxTokens || to > order.maxTokens)
      return `it counts ${to} tokens of at most ${order.maxTokens}`;
    if (promptTokens > promptTokensCeiling(input)) return `its prompt cannot have ${promptTokens} tokens`;
    const due = feeOf({ ...order, promptTokens, outputTokens: to - from, promptPaid: promptPaid(finish) });
    if (fee !== due) return `its fee is ${fee} wei, and ${due} are due`;
  }
  return undefined;
}
