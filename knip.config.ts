import type { KnipConfig } from "knip";

const config: KnipConfig = {
  entry: ["test/**/*.test.{ts,tsx}", "test/support/*.ts", "test/bench/*.ts", ".ci/*.mjs"],
  project: ["src/**/*.{ts,tsx,sol}", "test/**/*.{ts,tsx}", "bin/*.js"],
  ignoreExportsUsedInFile: true,
  compilers: {
    sol: (text: string) =>
      [...text.matchAll(/import[^;]*?"([^"]+)"/g)].map(([, path]) => `import "${path}";`).join("\n"),
  },
};
export default config;
