import type { FrameStreamOptions } from "./frameStream.ts";
import { p2pOptions } from "./options.ts";
import type { ByteRate } from "./rateLimit.ts";

/** What holds where nothing else is set. */
export const DEFAULT_LIMITS: { readonly rate: ByteRate; readonly stream: Omit<FrameStreamOptions, "remote"> } = {
  rate: { bytesPerSecond: p2pOptions.bytesPerSecond.default, burstBytes: p2pOptions.burstBytes.default },
  stream: { queueBytes: p2pOptions.queueBytes.default, inboxBytes: 2_097_152, closeMs: 3000 },
};
