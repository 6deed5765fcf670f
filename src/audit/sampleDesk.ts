import type { Sample } from "../protocol/auditFrames.ts";
import { type Draw, type DrawLeaf, drawnLeaves, dueValidators } from "../protocol/draw.ts";
import type { Transcript } from "../protocol/transcript.ts";
import type { Address, Hex } from "../util/types.ts";
import type { AuditBook } from "./auditBook.ts";
import { type Refusal, refused } from "./refusal.ts";

/** The draw of one epoch, the same for everybody. */
export interface EpochDraw extends Draw {
  /** Those that count in the epoch. */
  readonly validators: readonly Address[];
}

/** Where the draws of epochs come from. */
export interface DrawSource {
  /** Undefined until the block that draws is there. */
  draw(epoch: number): Promise<EpochDraw | undefined>;
}

interface Deps {
  readonly audit: AuditBook;
  /** Without it nothing is drawn, and so nothing is shown. */
  readonly draws: DrawSource | undefined;
}

/** Draws that are remembered: audits ask about the last epochs, over and over. */
const KEPT_DRAWS = 4;

/**
 * Decides whether a validator may see the transcript of a leaf: only when it was drawn, only when this validator replays that
 * miner. A router knows only its own leaves of a miner; what is drawn of all is among what it draws of these.
 */
export class SampleDesk {
  readonly #deps: Deps;
  /** By epoch and block: a chain that goes back draws again. */
  readonly #drawn = new Map<string, ReadonlySet<Hex>>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** The question is signed and its validator registered; what is left is the leaf. */
  async show({ epoch, leaf, validator }: Sample): Promise<Transcript | Refusal> {
    const { audit, draws } = this.#deps;
    if (audit.receipts.anchorOf(epoch) === undefined) return refused("not-anchored", `epoch ${epoch} is not over`);
    const known = audit.receipts.leaf(leaf);
    if (known === undefined || audit.receipts.epochOf(leaf) !== epoch)
      return refused("leaf-unknown", `epoch ${epoch} has no leaf ${leaf} here`);
    // Before the draw, which for an epoch long ago is much work.
    const transcript = audit.transcript(leaf);
    if (transcript === undefined) return refused("not-kept", `the transcript of ${leaf} is not kept`);
    const draw = await draws?.draw(epoch);
    if (draw === undefined) return refused("not-anchored", `the leaves of epoch ${epoch} are not drawn yet`);
    if (!this.#drawnBy(draw, epoch).has(leaf)) return refused("not-drawn", `the leaf ${leaf} is not drawn`);
    const { blockHash, rules, validators } = draw;
    const due = dueValidators(validators, { miner: known.miner, blockHash, most: rules.validators });
    if (!due.includes(validator)) return refused("not-validator", `${validator} does not replay ${known.miner}`);
    return transcript;
  }

  #drawnBy(draw: EpochDraw, epoch: number): ReadonlySet<Hex> {
    const key = `${epoch} ${draw.blockHash}`;
    const known = this.#drawn.get(key);
    if (known !== undefined) return known;
    const rules = { ...draw.rules, mostLeaves: Number.POSITIVE_INFINITY };
    const drawn = new Set(drawnLeaves(this.#leaves(epoch), { ...draw, rules }));
    this.#drawn.set(key, drawn);
    const [oldest] = this.#drawn.keys();
    if (this.#drawn.size > KEPT_DRAWS && oldest !== undefined) this.#drawn.delete(oldest);
    return drawn;
  }

  *#leaves(epoch: number): Generator<DrawLeaf> {
    for (const [leaf, { receipt, miner }] of this.#deps.audit.receipts.leaves(epoch))
      yield { leaf, order: receipt.order, miner };
  }
}
