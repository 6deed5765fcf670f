import type { Options } from "../util/option.ts";

/** What a node lets its operator set about its connections. */
export const p2pOptions = {
  host: { type: "string", default: "127.0.0.1", describe: "address on which other nodes are accepted" },
  port: {
    type: "integer",
    default: 5011,
    min: 0,
    max: 65_535,
    describe: "WebSocket port for other nodes; 0 takes a free one",
  },
  tcpPort: {
    type: "integer",
    default: undefined,
    min: 0,
    max: 65_535,
    describe: "plain TCP port for other nodes, beside the WebSocket; 0 takes a free one",
  },
  announce: {
    type: "string",
    default: "",
    describe: "multiaddrs under which other nodes reach this one, with commas between; else those listened on",
  },
  maxConnections: { type: "integer", default: 4096, min: 1, max: 100_000, describe: "most connections at once" },
  heartbeatMs: {
    type: "integer",
    default: 2000,
    min: 100,
    max: 60_000,
    unit: "ms",
    describe: "time between signs of life on a quiet connection; after three missing ones it is closed",
  },
  bytesPerSecond: {
    type: "integer",
    default: 8_388_608,
    min: 65_536,
    max: 1_073_741_824,
    unit: "bytes",
    describe: "most bytes a second that one peer may send",
  },
  burstBytes: {
    type: "integer",
    default: 16_777_216,
    min: 2_097_152,
    max: 1_073_741_824,
    unit: "bytes",
    describe: "bytes that one peer may send at once after a pause",
  },
  queueBytes: {
    type: "integer",
    default: 16_777_216,
    min: 2_097_152,
    max: 1_073_741_824,
    unit: "bytes",
    describe: "bytes that may wait for one slow peer before its line is dropped",
  },
} as const satisfies Options;
