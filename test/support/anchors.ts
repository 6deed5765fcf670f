import { recover } from "../../src/keys/index.ts";
import {
  bundleJson,
  parseBundle,
  partLeaf,
  type ReceiptBundle,
  verifyBundle,
} from "../../src/protocol/receiptBundle.ts";
import type { Router } from "../../src/router/router.ts";
import type { Hex } from "../../src/util/types.ts";

export { partLeaf };

/** The roots under which a router shows the parts of a receipt, as a client checks it. */
export function provenParts(bundle: ReceiptBundle, router: Pick<Router, "proofOf">): readonly Hex[] {
  const anchors = bundle.parts.flatMap((part) => router.proofOf(partLeaf(part)) ?? []);
  const read = parseBundle(JSON.parse(JSON.stringify(bundleJson({ ...bundle, anchors }))));
  const wrong = verifyBundle(read, { recover }).filter(({ ok }) => !ok);
  if (wrong.length > 0) throw new Error(wrong.map(({ name, detail }) => `${name}: ${detail}`).join("\n"));
  return anchors.map(({ root }) => root);
}
