// The layers of the house, lowest first. A folder imports only from rows below its own; adapters never import each other.
const LAYERS = [
  ["util", "errors"],
  ["protocol"],
  ["observability"],
  ["chain", "p2p", "engine", "store", "keys"],
  ["replay"],
  ["client", "audit"],
  ["router", "miner"],
  ["config"],
  ["node", "fleet"],
  ["cli", "tui"],
];
// Folders of one row that may use each other: the base of everything, the composition root, and what people see.
const FRIENDS = [
  ["util", "errors"],
  ["node", "fleet"],
  ["cli", "tui"],
];
const HOMES = {
  commander: "^src/cli/",
  "(ink|react|@inkjs/ui)": "^src/tui/",
  conf: "^src/config/store\\.ts$",
  ethers: "^src/(chain/ethers|keys)/",
  "(solc|@openzeppelin/contracts)": "^src/chain/contracts/",
  "@foundry-rs/anvil": "^src/chain/anvil/",
  "(libp2p|@libp2p/[^/]+|@multiformats/multiaddr)": "^src/p2p/libp2p/",
  "@huggingface/jinja": "^src/protocol/render",
  "@noble/hashes": "^src/protocol/",
  "node-llama-cpp": "^src/engine/llama/",
  "(fastify|@fastify/[^/]+|fastify-type-provider-zod)": "^src/router/http/",
  "angry-purple-tiger": "^src/fleet/status/publicName\\.ts$",
  cborg: "^src/protocol/c(odec|borWriter)\\.ts$",
  "hash-wasm": "^src/protocol/keccak256\\.ts$",
  secp256k1: "^src/keys/",
  pino: "^src/observability/",
  "prom-client": "^src/observability/",
};

const all = LAYERS.flat();
const layerRules = LAYERS.flatMap((row, level) =>
  row.map((folder) => {
    const friends = FRIENDS.find((group) => group.includes(folder)) ?? [folder];
    const allowed = new Set([...LAYERS.slice(0, level).flat(), ...friends, folder]);
    const forbidden = all.filter((other) => !allowed.has(other));
    return {
      name: `layer-${folder}`,
      severity: "error",
      from: { path: `^src/${folder}/` },
      // An adapter may name what another promises, such as a signer, never how it does it.
      to: {
        path: `^src/(${[...forbidden, "main"].join("|")})[/.]`,
        ...(LAYERS[level].length > 1 &&
          !FRIENDS.some((group) => group.includes(folder)) && { pathNot: `^src/(${row.join("|")})/interface\\.ts$` }),
      },
    };
  }),
);
const homeRules = Object.entries(HOMES).map(([library, home]) => ({
  name: `home-of-${library}`,
  severity: "error",
  from: { path: "^src/", pathNot: home },
  to: { path: `node_modules/${library}/` },
}));

module.exports = {
  forbidden: [
    { name: "no-cycle", severity: "error", from: {}, to: { circular: true } },
    { name: "resolves", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      // Roles know adapters by their interface, so they run in tests over in-memory ones.
      name: "roles-see-interfaces",
      severity: "error",
      from: { path: "^src/(client|audit|router|miner)/" },
      to: { path: "^src/(chain|p2p|engine|store|keys)/", pathNot: "/(interface|options|p2p/redial)\\.ts$" },
    },
    ...layerRules,
    ...homeRules,
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "\\.sol$" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".js", ".mjs", ".json"],
    },
  },
};
