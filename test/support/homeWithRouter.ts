import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { homeOf } from "../../src/node/home.ts";
import { testFolder } from "./folder.ts";
import { API_KEY, httpServer, type TestServer } from "./httpServer.ts";

export interface HomeWithRouter extends TestServer {
  readonly home: string;
}

/** A home in which `up` seems to run: its file names a router by hand, whose miner has the name miner-1. */
export async function homeWithRouter(): Promise<HomeWithRouter> {
  const server = await httpServer();
  const home = testFolder();
  writeUp(home, { router_url: `${server.url}/v1`, api_key: API_KEY });
  const { recordFile } = homeOf({ CORTENSOR_HOME: home }).node("miner-1");
  const { address } = server.router.miner;
  put(recordFile, { name: "miner-1", role: "miner", network: "local", address, owner: address });
  return { ...server, home };
}

export function writeUp(home: string, fields: Readonly<Record<string, unknown>>): void {
  const { upFile } = homeOf({ CORTENSOR_HOME: home });
  put(upFile, { schema: "cortensor.up/1", network: "local", home, pid: 1, nodes: [], ...fields });
}

export function put(file: string, content: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(content));
}
