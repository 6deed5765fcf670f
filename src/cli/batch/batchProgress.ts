import { formatCor, parseCor } from "../../util/money.ts";
import type { Clock } from "../../util/types.ts";
import { bar } from "../output/bar.ts";
import { duration } from "../output/duration.ts";
import type { Look } from "../output/look.ts";
import type { Tally } from "./doneLine.ts";

interface Options {
  /** Of the whole batch. */
  readonly lines: number;
  /** Finished by an earlier run. */
  readonly before: Iterable<Tally>;
  readonly look: Pick<Look, "glyph">;
  readonly clock: Clock;
}

const BAR_COLUMNS = 20;

/** How far a batch is, in one line. */
export class BatchProgress {
  readonly #options: Options;
  readonly #begun: number;
  #before = 0;
  #done = 0;
  #failed = 0;
  #costWei = 0n;

  constructor(options: Options) {
    this.#options = options;
    this.#begun = options.clock.now();
    for (const tally of options.before) this.add(tally);
    this.#before = this.#done;
  }

  add({ failed, cost_cor: cost }: Tally): this {
    this.#done += 1;
    if (failed !== null) this.#failed += 1;
    this.#costWei += (cost === null ? undefined : parseCor(cost)) ?? 0n;
    return this;
  }

  line(): string {
    const { lines, look, clock } = this.#options;
    const left = lines - this.#done;
    const leftMs = ((clock.now() - this.#begun) / Math.max(1, this.#done - this.#before)) * left;
    return [
      `${bar(this.#done, lines, { glyph: look.glyph, columns: BAR_COLUMNS })} ${this.#done}/${lines}`,
      ...(this.#failed > 0 ? [`${this.#failed} failed`] : []),
      ...(this.#costWei > 0n ? [`${formatCor(this.#costWei, "answer")} COR`] : []),
      ...(left > 0 ? [`${duration(leftMs)} left`] : []),
    ].join("  ");
  }
}
