import type { Sample } from "../protocol/auditFrames.ts";
import { type DrawLeaf, type DrawRules, drawnLeaves, dueValidators } from "../protocol/draw.ts";
import type { Transcript } from "../protocol/transcript.ts";
import type { Address, Hex } from "../util/types.ts";
import type { AuditBook } from "./auditBook.ts";
import { type Refusal, refused } from "./refusal.ts";

/** What the draw needs of the chain. */
export interface DrawSource {
  readonly rules: DrawRules;
  /** Hash of the third block after an epoch's anchors closed; undefined while it is not there. */
  drawBlock(epoch: number): Promise<Hex | undefined>;
  /** Audits of a miner before this epoch, by the last settled state. */
  audits(miner: Address, epoch: number): number;
}

interface Deps {
  readonly audit: AuditBook;
  /** Without it nothing is drawn, and so nothing is shown. */
  readonly draws: DrawSource | undefined;
  validators(epoch: number): Promise<readonly Address[]>;
}

interface Drawn {
  readonly blockHash: Hex;
  readonly leaves: ReadonlySet<Hex>;
}

/** Draws that are remembered: audits ask about the last epochs, over and over. */
const KEPT_DRAWS = 4;

/**
 * Decides whether a validator may see the transcript of a leaf: only when it was drawn, only when this validator replays that
 * miner. A router knows only its own leaves of a miner; what is drawn of all is among what it draws of these.
 */
export class SampleDesk {
  readonly #deps: Deps;
  readonly #draws = new Map<number, Promise<Drawn | undefined>>();

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
    const drawn = await this.#drawn(epoch);
    if (drawn === undefined || draws === undefined)
      return refused("not-anchored", `the leaves of epoch ${epoch} are not drawn yet`);
    if (!drawn.leaves.has(leaf)) return refused("not-drawn", `the leaf ${leaf} is not drawn`);
    const { blockHash } = drawn;
    const validators = await this.#deps.validators(epoch);
    const due = dueValidators(validators, { miner: known.miner, blockHash, most: draws.rules.validators });
    if (!due.includes(validator)) return refused("not-validator", `${validator} does not replay ${known.miner}`);
    return audit.transcript(leaf) ?? refused("not-kept", `the transcript of ${leaf} is not kept`);
  }

  #drawn(epoch: number): Promise<Drawn | undefined> {
    const known = this.#draws.get(epoch);
    if (known !== undefined) return known;
    const drawing = this.#draw(epoch).then(
      (drawn) => {
        if (drawn === undefined) this.#draws.delete(epoch);
        return drawn;
      },
      (error: unknown) => {
        this.#draws.delete(epoch);
        throw error;
      },
    );
    this.#draws.set(epoch, drawing);
    const [oldest] = this.#draws.keys();
    if (this.#draws.size > KEPT_DRAWS && oldest !== undefined) this.#draws.delete(oldest);
    return drawing;
  }

  async #draw(epoch: number): Promise<Drawn | undefined> {
    const { draws } = this.#deps;
    const blockHash = await draws?.drawBlock(epoch);
    if (draws === undefined || blockHash === undefined) return undefined;
    const rules = { ...draws.rules, mostLeaves: Number.POSITIVE_INFINITY };
    const audits = (miner: Address): number => draws.audits(miner, epoch);
    return { blockHash, leaves: new Set(drawnLeaves(this.#leaves(epoch), { blockHash, rules, audits })) };
  }

  *#leaves(epoch: number): Generator<DrawLeaf> {
    for (const [leaf, { receipt, miner }] of this.#deps.audit.receipts.leaves(epoch))
      yield { leaf, order: receipt.order, miner };
  }
}
