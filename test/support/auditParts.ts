import { auditOptions } from "../../src/audit/options.ts";
import type { AuditOptions } from "../../src/audit/auditBook.ts";
import { createVault, newPrivateKey } from "../../src/keys/index.ts";
import type { Vault } from "../../src/keys/interface.ts";

/** The settings of a node whose operator sets none. */
export const AUDIT: AuditOptions = {
  transcriptEpochs: auditOptions.transcriptEpochs.default,
  transcriptBytes: auditOptions.transcriptBytes.default,
  leafEpochs: auditOptions.leafEpochs.default,
};

export function testVault(): Vault {
  return createVault(newPrivateKey(), "transcripts");
}
