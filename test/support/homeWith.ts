import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { onTestFinished } from "vitest";
import { ControlSocket } from "../../src/node/control.ts";
import { homeOf } from "../../src/node/home.ts";
import type { NodeFacts } from "../../src/observability/snapshot.ts";
import { testFolder } from "./folder.ts";

/** A home in which these nodes answer. */
export async function homeWith(facts: readonly NodeFacts[]): Promise<string> {
  const root = testFolder();
  const home = homeOf({ CORTENSOR_HOME: root });
  for (const one of facts) {
    const { role, network, address, owner, name } = one;
    const paths = home.node(name);
    mkdirSync(dirname(paths.recordFile), { recursive: true });
    writeFileSync(paths.recordFile, JSON.stringify({ role, network, address, owner, name }));
    const control = new ControlSocket(paths.socket, { "GET /facts": () => one, "POST /stop": () => ({}) });
    await control.start();
    onTestFinished(() => control.stop());
  }
  return root;
}
