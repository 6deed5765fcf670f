import type { ReadyMessage } from "../../node/ipc.ts";

/** What `--json` says of a node that serves. */
export function startedRecord({ name, role, address, owner, pid, url, apiKey, models }: ReadyMessage) {
  return { schema: "cortensor.started/1", name, role, address, owner, pid, url, api_key: apiKey, models };
}
