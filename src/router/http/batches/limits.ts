/** How much one key may keep at a router. */
export interface BatchLimits {
  /** Of one file. */
  readonly fileBytes: number;
  /** Of all files of one key. */
  readonly accountBytes: number;
  /** Of one batch. */
  readonly lines: number;
}

export const BATCH_LIMITS: BatchLimits = { fileBytes: 104_857_600, accountBytes: 1_073_741_824, lines: 50_000 };

export interface BatchOptions extends Partial<BatchLimits> {
  /** Where files and batches are kept. */
  readonly folder: string;
}
