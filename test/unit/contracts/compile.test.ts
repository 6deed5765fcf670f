import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { compile, solidityEsbuild, solidityVite, type StandardCompiler } from "../../../src/chain/contracts/compile.ts";

const CONTRACT = `import {Base} from "./Base.sol";\ncontract Thing is Base {}\n`;

/** A package with a contract and what it imports. */
async function packageWith(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cortensor-compile-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries({ "package.json": "{}", ...files }))
    await writeFile(join(folder, name), text);
  return folder;
}

/** Answers with the number of its call as bytecode, and keeps what it was asked. */
function countingCompiler() {
  const inputs: { sources: Record<string, { content: string }> }[] = [];
  const compiler: StandardCompiler = {
    compile(input) {
      inputs.push(JSON.parse(input));
      const code = { object: `0${inputs.length}` };
      const contract = { abi: [], evm: { bytecode: code, deployedBytecode: code } };
      return JSON.stringify({ contracts: { "Thing.sol": { Thing: contract } } });
    },
  };
  return { inputs, loadCompiler: () => Promise.resolve(compiler) };
}

const neverLoaded = () => Promise.reject(new Error("the compiler was loaded"));

test("the same sources are compiled once, and the compiler is not loaded for them again", async () => {
  const folder = await packageWith({ "Thing.sol": CONTRACT, "Base.sol": "contract Base {}" });
  const { inputs, loadCompiler } = countingCompiler();
  const first = await compile(join(folder, "Thing.sol"), { loadCompiler });
  expect(first).toMatchObject({ abi: [], bytecode: "0x01", deployedBytecode: "0x01" });
  expect(first.sources.map((source) => basename(source)).sort()).toEqual(["Base.sol", "Thing.sol"]);
  expect(Object.keys(inputs[0]?.sources ?? {}).sort()).toEqual(["Base.sol", "Thing.sol"]);
  expect(await compile(join(folder, "Thing.sol"), { loadCompiler: neverLoaded })).toEqual(first);
  expect(await readdir(join(folder, ".cache", "solidity"))).toHaveLength(1);
});

test("a change anywhere in what is imported compiles anew", async () => {
  const folder = await packageWith({ "Thing.sol": CONTRACT, "Base.sol": `import "./Deep.sol";`, "Deep.sol": "" });
  const { loadCompiler } = countingCompiler();
  await compile(join(folder, "Thing.sol"), { loadCompiler });
  await writeFile(join(folder, "Deep.sol"), "contract Deep {}");
  expect(await compile(join(folder, "Thing.sol"), { loadCompiler })).toMatchObject({ bytecode: "0x02" });
});

test("a damaged cache file is replaced", async () => {
  const folder = await packageWith({ "Thing.sol": CONTRACT, "Base.sol": "" });
  const cacheFolder = join(folder, "cache");
  const { loadCompiler } = countingCompiler();
  await compile(join(folder, "Thing.sol"), { loadCompiler, cacheFolder });
  const [cached = ""] = await readdir(cacheFolder);
  await writeFile(join(cacheFolder, cached), `{"abi": [`);
  expect(await compile(join(folder, "Thing.sol"), { loadCompiler, cacheFolder })).toMatchObject({ bytecode: "0x02" });
  await compile(join(folder, "Thing.sol"), { loadCompiler: neverLoaded, cacheFolder });
});

test("what the compiler complains of is thrown and not kept", async () => {
  const folder = await packageWith({ "Thing.sol": CONTRACT, "Base.sol": "" });
  const errors = [{ formattedMessage: "Warning: a shadow" }, { formattedMessage: "Error: a typo" }];
  const loadCompiler = () => Promise.resolve({ compile: () => JSON.stringify({ errors }) });
  await expect(compile(join(folder, "Thing.sol"), { loadCompiler })).rejects.toThrow(
    "Warning: a shadow\nError: a typo",
  );
  await expect(compile(join(folder, "Thing.sol"), { loadCompiler: neverLoaded })).rejects.toThrow("was loaded");
});

test("an import that is not there is named", async () => {
  const folder = await packageWith({ "Thing.sol": CONTRACT });
  await expect(compile(join(folder, "Thing.sol"), { loadCompiler: neverLoaded })).rejects.toThrow("Base.sol");
});

test("both plugins turn a contract into the same module and watch all of its sources", async () => {
  const file = new URL("../../../src/chain/contracts/CortensorToken.sol", import.meta.url).pathname;
  const watched: string[] = [];
  const byVite = await solidityVite().load.call({ addWatchFile: (source) => watched.push(source) }, file);
  let byEsbuild: { contents: string; watchFiles: string[] } | undefined;
  const loaded = new Promise<void>((resolve, reject) => {
    solidityEsbuild().setup({
      onLoad({ filter }, callback) {
        expect(filter.test(file)).toBe(true);
        callback({ path: file }).then((result) => {
          byEsbuild = result;
          resolve();
        }, reject);
      },
    });
  });
  await loaded;
  expect(byVite).toBe(byEsbuild?.contents);
  expect(watched).toEqual(byEsbuild?.watchFiles);
  expect(watched.map((source) => basename(source))).toEqual(
    expect.arrayContaining(["CortensorToken.sol", "ERC20.sol"]),
  );
  expect(byVite).toMatch(
    /^export const abi = \[.*\];\nexport const bytecode = "0x6[0-9a-f]+";\nexport const deployedBytecode = /,
  );
  expect(await solidityVite().load.call({ addWatchFile: () => undefined }, "a.ts")).toBeUndefined();
});

test("vitest keeps no compiled contract of its own, as it would not notice a change of an import", () => {
  const answers: unknown[] = [];
  solidityVite().configureVitest({
    defineCacheKeyGenerator: (generator) => answers.push(generator({ id: "/a/b.sol" }), generator({ id: "/a/b.ts" })),
  });
  expect(answers).toEqual([false, undefined]);
});
