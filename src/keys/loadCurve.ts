import { createRequire } from "node:module";
import type { Curve, Load } from "./curve.ts";
import { createEthersCurve } from "./ethersCurve.ts";
import { createNativeCurve } from "./nativeCurve.ts";

/**
 * The native curve, or ethers where the package has no build for this machine. The package's own main file would fall
 * back to an implementation that is slower than ethers, without a word, so its binding is loaded by itself.
 */
export function loadCurve(load: Load = createRequire(import.meta.url)): Curve {
  try {
    return createNativeCurve(load);
  } catch {
    return createEthersCurve(load);
  }
}

let loaded: Curve | undefined;

/** The process's curve, loaded at first use. */
export function curve(): Curve {
  loaded ??= loadCurve();
  return loaded;
}
