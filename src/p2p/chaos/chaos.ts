import { type DueFault, FaultDice, type FaultKind } from "../../util/fault.ts";
import { seededRandom } from "../../util/random.ts";
import type { Clock, Hex } from "../../util/types.ts";
import type { PeerStream } from "../interface.ts";
import { ChaosStream } from "./chaosStream.ts";
import { type ChaosSpec, parseChaos } from "./chaosSpec.ts";

export interface ChaosOptions {
  /** As on the command line; empty is off. */
  readonly spec: string;
  /** Nodes with the same dice and another name fail at other places. */
  readonly name: string;
}

export interface ChaosDeps {
  readonly clock: Clock;
  /** What the fault `crash` does; the line is cut after it, should it return. */
  crash(): void;
  /** What the fault `drain` does. */
  drain(): void;
  /** Told of each fault that falls. */
  onFault?(fault: DueFault, orderId: Hex): void;
  /** Where faults fall; the spec's `dice` if not given, else `Math.random`. */
  readonly random?: () => number;
}

/** Makes the lines of a miner fail on purpose, as a spec says that can change while they stand. */
export class Chaos {
  readonly #name: string;
  readonly #deps: ChaosDeps;
  #text = "";
  #spec: ChaosSpec = { faults: [] };
  #dice = new FaultDice([], Math.random);
  #random: () => number = Math.random;

  /** Throws `option-value` for a spec that cannot be understood. */
  constructor({ spec, name }: ChaosOptions, deps: ChaosDeps) {
    this.#name = name;
    this.#deps = deps;
    this.set(spec);
  }

  /** Empty when nothing goes wrong on purpose. */
  get spec(): string {
    return this.#text;
  }

  /** Counts for answers that begin from now on. Throws `option-value`, and goes on as before. */
  set(text: string): void {
    const spec = parseChaos(text);
    this.#spec = spec;
    this.#text = text.trim();
    const { dice } = spec;
    this.#random = this.#deps.random ?? (dice === undefined ? Math.random : seededRandom(`${dice} ${this.#name}`));
    this.#dice = new FaultDice(spec.faults, this.#random);
  }

  /** The stream as it is used from now on. */
  over(stream: PeerStream): PeerStream {
    return new ChaosStream(stream, {
      clock: this.#deps.clock,
      active: () => this.#text !== "",
      throw: () => this.#dice.throw(),
      delayMs: () => Math.floor(this.#random() * (this.#spec.flaky?.delayMs ?? 0)),
      cuts: () => this.#random() * 100 < (this.#spec.flaky?.cutPercent ?? 0),
      random: () => this.#random(),
      befall: (fault, orderId) => this.#befall(fault, orderId),
    });
  }

  #befall(fault: DueFault, orderId: Hex): void {
    this.#deps.onFault?.(fault, orderId);
    const effects: Partial<Record<FaultKind, () => void>> = {
      crash: () => this.#deps.crash(),
      drain: () => this.#deps.drain(),
    };
    effects[fault.kind]?.();
  }
}
