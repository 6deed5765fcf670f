import { connect } from "node:net";
import { multiaddr } from "@multiformats/multiaddr";
import { reasonOf } from "./reason.ts";

const PROBE_MS = 2000;

/**
 * Why an address cannot be dialled, found by a plain TCP connection: the WebSocket of Node says of every failure only
 * that there was one.
 */
export function probe(address: string): Promise<string | undefined> {
  const target = targetOf(address);
  if (target === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const socket = connect({ ...target, timeout: PROBE_MS });
    const settle = (reason: string): void => {
      socket.destroy();
      resolve(reason);
    };
    socket.on("connect", () => settle("what listens there does not answer as a cortensor node"));
    socket.on("timeout", () => settle("no answer in time"));
    socket.on("error", (error) => settle(reasonOf(error)));
  });
}

function targetOf(address: string): { host: string; port: number } | undefined {
  const parts = multiaddr(address).getComponents();
  const host = parts.find(({ name }) => /^(ip4|ip6|dns|dns4|dns6)$/.test(name))?.value;
  const port = Number(parts.find(({ name }) => name === "tcp")?.value);
  return host === undefined || !Number.isInteger(port) ? undefined : { host, port };
}
