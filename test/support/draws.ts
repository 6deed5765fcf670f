import type { DrawSource, EpochDraw } from "../../src/audit/sampleDesk.ts";
import { defaultDrawRules } from "../../src/protocol/draw.ts";
import type { Address, Hex } from "../../src/util/types.ts";

/** A draw whose block, audits and validators a test sets. */
export class TestDraws implements DrawSource {
  rules = defaultDrawRules(true);
  block: Hex | undefined = `0x${"b3".repeat(32)}`;
  audited = 0;
  validators: readonly Address[] = [];

  async draw(): Promise<EpochDraw | undefined> {
    await Promise.resolve();
    const { block: blockHash, rules, audited, validators } = this;
    return blockHash === undefined ? undefined : { blockHash, rules, audits: () => audited, validators };
  }
}
