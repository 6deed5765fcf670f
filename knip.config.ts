import type { KnipConfig } from "knip";

const config: KnipConfig = {
  entry: ["src/main.ts", "src/client/index.ts", "test/**/*.test.{ts,tsx}", "test/bench/*.ts", "test/support/*.ts", ".ci/*.mjs"],
  project: ["src/**/*.{ts,tsx,sol}", "test/**/*.{ts,tsx}", "bin/*.js"],
  // node: puts a current Node first on the PATH of every npm script. openapi-types: peer of @fastify/swagger.
  ignoreDependencies: ["node", "openapi-types", "oxlint-tsgolint"],
  ignoreExportsUsedInFile: true,
  compilers: {
    sol: (text: string) => [...text.matchAll(/import[^;]*?"([^"]+)"/g)].map(([, path]) => `import "${path}";`).join("\n"),
  },
};
export default config;
