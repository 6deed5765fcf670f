import type { Block, Chain } from "../chain/interface.ts";
import { defaultDrawRules } from "../protocol/draw.ts";
import type { Address, Hex } from "../util/types.ts";
import type { DrawSource, EpochDraw } from "./sampleDesk.ts";

export interface ChainDrawsDeps {
  readonly chain: Pick<Chain, "drawingBlock" | "epochRecord" | "head" | "parameters">;
  /** Audits of each miner in all epochs up to this one, whose reveals are over; none before the first. */
  auditsThrough(epoch: number): Promise<ReadonlyMap<Address, number>>;
}

interface Kept {
  readonly draw: Promise<{ readonly block: Block; readonly draw: EpochDraw } | undefined>;
  readonly asOf: Hex;
}

/** Draws that are remembered: audits ask about the last epochs, over and over. */
const KEPT = 4;
/** A block under so many others is not asked for again. */
const DEEP_BLOCKS = 12;

/**
 * The draws of a chain: from its blocks, its records and its parameters, so the same for everybody who has seen the same
 * blocks. What is not deep under others yet is read again at each new head.
 */
export class ChainDraws implements DrawSource {
  readonly #deps: ChainDrawsDeps;
  readonly #kept = new Map<number, Kept>();

  constructor(deps: ChainDrawsDeps) {
    this.#deps = deps;
  }

  /** Undefined until the block that draws is there. Throws `rpc-unreachable`. */
  async draw(epoch: number): Promise<EpochDraw | undefined> {
    const head = this.#deps.chain.head();
    const known = this.#kept.get(epoch);
    if (known !== undefined) {
      const found = await known.draw;
      const isDeep = found !== undefined && head.number - found.block.number >= DEEP_BLOCKS;
      if (isDeep || known.asOf === head.hash) return found?.draw;
    }
    return (await this.#keep(epoch, head.hash))?.draw;
  }

  #keep(epoch: number, asOf: Hex): Kept["draw"] {
    const again = this.#kept.get(epoch);
    if (again?.asOf === asOf) return again.draw;
    const draw = this.#read(epoch);
    const kept = { draw, asOf };
    this.#kept.set(epoch, kept);
    const oldest = [...this.#kept.keys()].find((each) => each !== epoch);
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest);
    draw.catch(() => {
      if (this.#kept.get(epoch) === kept) this.#kept.delete(epoch);
    });
    return draw;
  }

  async #read(epoch: number): Kept["draw"] {
    const { chain } = this.#deps;
    const block = epoch < 0 ? undefined : await chain.drawingBlock(epoch);
    if (block === undefined) return undefined;
    const [{ nodes }, audits] = await Promise.all([chain.epochRecord(epoch), this.#deps.auditsThrough(epoch - 1)]);
    const draw = {
      blockHash: block.hash,
      rules: defaultDrawRules(chain.parameters.practice),
      audits: (miner: Address) => audits.get(miner) ?? 0,
      validators: nodes.filter(({ role }) => role === "validator").map(({ address }) => address),
    };
    return { block, draw };
  }
}
