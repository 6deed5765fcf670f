import type { DrawSource } from "../../src/audit/sampleDesk.ts";
import { defaultDrawRules } from "../../src/protocol/draw.ts";
import type { Hex } from "../../src/util/types.ts";

/** A draw whose block and audits a test sets. */
export class TestDraws implements DrawSource {
  rules = defaultDrawRules(true);
  block: Hex | undefined = `0x${"b3".repeat(32)}`;
  audited = 0;

  async drawBlock(): Promise<Hex | undefined> {
    await Promise.resolve();
    return this.block;
  }

  audits(): number {
    return this.audited;
  }
}
