import type { Role } from "../chain/interface.ts";

/** One node of a fleet: `cortensor ROLE start --name NAME` with these settings in its environment. */
export interface NodeSpec {
  readonly name: string;
  readonly role: Role;
  /** By environment name, such as `CORTENSOR_ROUTER_PORT`. */
  readonly env: Readonly<Record<string, string>>;
}

export interface FleetWish {
  readonly miners: number;
  readonly routers: number;
  readonly validators: number;
  /** HTTP port of the first router; 0 takes free ones everywhere. */
  readonly port: number;
  readonly host: string;
  /** Settings of every miner, by environment name. */
  readonly minerEnv: Readonly<Record<string, string>>;
}

/** The list that `up` runs. Router n listens on `port + 2n` for clients and on the port after it for nodes. */
export function fleetOf({ miners, routers, validators, port, host, minerEnv }: FleetWish): readonly NodeSpec[] {
  return [
    ...Array.from({ length: routers }, (_, index) => ({
      name: `router-${index + 1}`,
      role: "router" as const,
      env: {
        ...portsEnv(port === 0 ? 0 : port + 2 * index, port === 0 ? 0 : port + 2 * index + 1),
        CORTENSOR_ROUTER_HOST: host,
        CORTENSOR_P2P_HOST: host,
      },
    })),
    ...Array.from({ length: miners }, (_, index) => ({
      name: `miner-${index + 1}`,
      role: "miner" as const,
      env: minerEnv,
    })),
    ...Array.from({ length: validators }, (_, index) => ({
      name: `validator-${index + 1}`,
      role: "validator" as const,
      env: {},
    })),
  ];
}

/** Where a router listens for clients and for nodes. */
export function portsEnv(http: number, p2p: number): Readonly<Record<string, string>> {
  return { CORTENSOR_ROUTER_PORT: String(http), CORTENSOR_P2P_PORT: String(p2p) };
}
