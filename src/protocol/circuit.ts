/** Orders broken in a row until a miner rests. */
const BREAKS_TO_REST = 3;
/** The first rest; each further one is twice as long. */
const FIRST_REST_MS = 5000;
const LONGEST_REST_MS = 300_000;

/**
 * Keeps orders from a miner that breaks them, and heals: after its rest one order probes it, and a finished one closes
 * the circuit.
 */
export interface Circuit {
  readonly breaksInRow: number;
  /** Length of the current rest; 0 while nothing is wrong. */
  readonly restMs: number;
  readonly restsUntilMs: number;
  /** The probing order is out. */
  readonly probing: boolean;
}

export type CircuitEvent = "given" | "finished" | "broke" | "refused" | "reconnected";

export const CLOSED_CIRCUIT: Circuit = { breaksInRow: 0, restMs: 0, restsUntilMs: 0, probing: false };

/** Whether the miner gets no order now. */
export function circuitOpen(circuit: Circuit, nowMs: number): boolean {
  return circuit.restMs > 0 && (circuit.probing || nowMs < circuit.restsUntilMs);
}

export function nextCircuit(circuit: Circuit, event: CircuitEvent, nowMs: number): Circuit {
  const tripped = circuit.restMs > 0;
  switch (event) {
    case "given":
      return tripped ? { ...circuit, probing: true } : circuit;
    case "finished":
      return CLOSED_CIRCUIT;
    case "refused":
      // Neither works nor breaks: the next order probes again.
      return { ...circuit, probing: false };
    case "reconnected":
      // Whatever was wrong, its process or its line is another now; one order finds out.
      return { ...circuit, probing: false, restsUntilMs: Math.min(circuit.restsUntilMs, nowMs) };
    case "broke": {
      // Orders given before the rest began, and broken since, are the same trouble.
      if (tripped && !circuit.probing) return circuit;
      const breaksInRow = circuit.breaksInRow + 1;
      if (breaksInRow < BREAKS_TO_REST) return { ...circuit, breaksInRow };
      const restMs = tripped ? Math.min(LONGEST_REST_MS, circuit.restMs * 2) : FIRST_REST_MS;
      return { breaksInRow, restMs, restsUntilMs: nowMs + restMs, probing: false };
    }
    default:
      return event satisfies never;
  }
}
