import { z } from "zod";
import { decode, encode } from "../protocol/codec.ts";
import { addressSchema, hashSchema, uintTextSchema } from "../protocol/schemas.ts";
import type { AttemptTrace, TaskTrace } from "./trace.ts";

/** A full network may have passed over hundreds of miners; the first ones say what the rest would. */
const LISTED = 20;

const weiSchema = uintTextSchema(128);
/** Wei were written as text, everything else as numbers. */
const valueSchema = z.union([z.number(), weiSchema]).optional();

const attemptSchema = z.looseObject({
  number: z.int(),
  cause: z.enum(["first", "retry", "hedge", "failover", "replica"]),
  miner: addressSchema,
  decision: z.looseObject({
    drawn: z.array(
      z.looseObject({
        miner: addressSchema,
        costSeconds: z.number(),
        rttSeconds: z.number(),
        prefillSeconds: z.number(),
        decodeSeconds: z.number(),
        prefixMatch: z.number(),
        reputation: z.number(),
      }),
    ),
    passedOver: z.array(
      z.looseObject({ miner: addressSchema, reason: z.string(), needed: valueSchema, found: valueSchema }),
    ),
    scanned: z.boolean(),
    explored: z.boolean(),
    freeSlots: z.int(),
    freeMiners: z.int(),
  }),
  from: z.int(),
  to: z.int(),
  end: z.string(),
  feeWei: weiSchema,
  promptPrice: weiSchema,
  outputPrice: weiSchema,
});

/** Loose, so that what a newer program adds to a trace is kept. */
const traceSchema = z.looseObject({
  id: hashSchema,
  account: hashSchema,
  model: z.string(),
  createdAt: z.number(),
  state: z.looseObject({ status: z.string() }),
  durationMs: z.number(),
  costWei: weiSchema,
  attempts: z.array(attemptSchema),
  replicas: z.array(attemptSchema).optional(),
});

/** A trace that holds on to no miner and to few reasons: what is kept of a task that is over. */
export function keptTrace(trace: TaskTrace): TaskTrace {
  const { attempts, replicas } = trace;
  return {
    ...trace,
    attempts: attempts.map(keptAttempt),
    ...(replicas !== undefined && { replicas: replicas.map(keptAttempt) }),
  };
}

function keptAttempt(attempt: AttemptTrace): AttemptTrace {
  const { chosen: _, passedOver, ...decision } = attempt.decision;
  const unlisted = passedOver.length - LISTED;
  const kept = { ...decision, passedOver: passedOver.slice(0, LISTED) };
  return { ...attempt, decision: kept, ...(unlisted > 0 && { unlisted }) };
}

export function encodeTrace(trace: TaskTrace): Uint8Array {
  return encode(trace);
}

/** The trace of a stored row; undefined when it is none that this program understands. */
export function decodeTrace(row: Uint8Array): TaskTrace | undefined {
  try {
    const parsed = traceSchema.safeParse(decode(row));
    return parsed.success ? (parsed.data as unknown as TaskTrace) : undefined;
  } catch {
    return undefined;
  }
}
