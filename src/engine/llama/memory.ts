import type { LlamaModel } from "node-llama-cpp";
import { CortensorError } from "../../errors/cortensorError.ts";

export interface MemoryNeed {
  readonly name: string;
  readonly modelBytes: number;
  readonly slots: number;
  readonly contextTokens: number;
}

/** Bytes of main memory for the KV cache (f16) and the buffers of all slots. */
export async function contextBytes(
  model: LlamaModel,
  need: Pick<MemoryNeed, "slots" | "contextTokens">,
): Promise<number> {
  const estimate = await model.fileInsights.estimateContextResourceRequirementsV2({
    contextSize: need.contextTokens,
    sequences: need.slots,
    modelGpuLayers: model.gpuLayers,
    flashAttention: true,
  });
  return estimate.cpuRam;
}

/** Throws `model-memory` when model and context need more than is free. */
export function checkMemory(need: MemoryNeed, contextsBytes: number, freeBytes: number): void {
  const neededBytes = need.modelBytes + contextsBytes;
  if (neededBytes > freeBytes) throw outOfMemory(need, { contextsBytes, freeBytes });
}

export function outOfMemory(
  need: MemoryNeed,
  seen: { contextsBytes: number; freeBytes: number; cause?: unknown },
): CortensorError {
  const neededBytes = need.modelBytes + seen.contextsBytes;
  return new CortensorError(
    "model-memory",
    `${need.name} needs about ${gigabytes(neededBytes)} and ${gigabytes(seen.freeBytes)} are free.`,
    {
      why: [
        [
          "needed",
          `${gigabytes(need.modelBytes)} for the model, ${gigabytes(seen.contextsBytes)} for ${need.slots} answers of ${need.contextTokens} tokens`,
        ],
      ],
      data: { ...need, contextsBytes: seen.contextsBytes, freeBytes: seen.freeBytes },
      cause: seen.cause,
    },
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 1e8 ? 3 : 1)} GB`;
}
