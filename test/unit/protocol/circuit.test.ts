import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CLOSED_CIRCUIT,
  type Circuit,
  type CircuitEvent,
  circuitOpen,
  nextCircuit,
} from "../../../src/protocol/circuit.ts";

function after(events: readonly CircuitEvent[], atMs: number, from: Circuit = CLOSED_CIRCUIT): Circuit {
  return events.reduce((circuit, event) => nextCircuit(circuit, event, atMs), from);
}

describe("a circuit", () => {
  const tripped = after(["broke", "broke", "broke"], 0);

  it("opens after three breaks in a row", () => {
    expect(circuitOpen(after(["broke", "broke"], 0), 0)).toBe(false);
    expect(circuitOpen(after(["broke", "broke", "finished", "broke", "broke"], 0), 0)).toBe(false);
    expect(circuitOpen(tripped, 4999)).toBe(true);
  });

  it("lets one order probe after the rest, and no second one beside it", () => {
    expect(circuitOpen(tripped, 5000)).toBe(false);
    expect(circuitOpen(nextCircuit(tripped, "given", 5000), 5000)).toBe(true);
  });

  it("closes when an order finishes", () => {
    expect(after(["given", "finished"], 5000, tripped)).toEqual(CLOSED_CIRCUIT);
  });

  it("rests twice as long after each failed probe, up to five minutes", () => {
    let [circuit, now] = [tripped, 5000];
    const rests: number[] = [];
    for (let probe = 0; probe < 8; probe += 1) {
      circuit = after(["given", "broke"], now, circuit);
      rests.push(circuit.restsUntilMs - now);
      now = circuit.restsUntilMs;
    }
    expect(rests).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]);
  });

  it("counts orders given before the rest, and broken since, once", () => {
    expect(after(["broke", "broke"], 100, tripped)).toEqual(tripped);
  });

  it("probes again after a refusal and after the miner came back on another line", () => {
    expect(circuitOpen(after(["given", "refused"], 5000, tripped), 5000)).toBe(false);
    expect(circuitOpen(nextCircuit(tripped, "reconnected", 10), 10)).toBe(false);
    expect(nextCircuit(CLOSED_CIRCUIT, "reconnected", 10)).toEqual(CLOSED_CIRCUIT);
  });

  it("always heals: whatever happened, five quiet minutes and a finished order close it", () => {
    const event = fc.constantFrom<CircuitEvent>("given", "finished", "broke", "refused", "reconnected");
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(100_000)), { maxLength: 40 }), (steps) => {
        let [circuit, now] = [CLOSED_CIRCUIT, 0];
        for (const [kind, passMs] of steps) circuit = nextCircuit(circuit, kind, (now += passMs));
        const idle = circuit.probing ? nextCircuit(circuit, "broke", now) : circuit;
        expect(circuitOpen(idle, now + 300_000)).toBe(false);
        expect(after(["given", "finished"], now + 300_000, idle)).toEqual(CLOSED_CIRCUIT);
      }),
    );
  });
});
