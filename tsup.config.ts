import { defineConfig } from "tsup";
import { solidityEsbuild } from "./src/chain/contracts/compile.ts";

export default defineConfig({
  entry: { main: "src/main.ts", client: "src/client/index.ts" },
  format: "esm",
  platform: "node",
  target: "node22",
  splitting: true,
  clean: true,
  dts: { entry: { client: "src/client/index.ts" } },
  // tsup strips "node:" by default, and node:sqlite exists under no other name.
  removeNodeProtocol: false,
  // --help must load nothing heavy, and one bundled file loads faster than a package.
  noExternal: ["commander", "zod"],
  // tsup keeps only dependencies and peers external; bundling these fails on foreign binaries.
  external: ["node-llama-cpp", "@foundry-rs/anvil"],
  esbuildPlugins: [solidityEsbuild()],
});
