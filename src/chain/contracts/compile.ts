import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, posix, relative, resolve, sep } from "node:path";

/** The contract named like its file. */
export interface CompiledContract {
  readonly abi: readonly unknown[];
  readonly bytecode: string;
  readonly deployedBytecode: string;
}

export interface Compilation extends CompiledContract {
  /** Absolute paths of the file and of everything it imports. */
  readonly sources: readonly string[];
}

export interface CompileOptions {
  /** Where results are kept; `.cache/solidity` of the package that holds the file unless given. */
  readonly cacheFolder?: string;
  /** Loads the compiler, only called when the cache does not have the answer. */
  readonly loadCompiler?: () => Promise<StandardCompiler>;
}

/** Standard JSON in, standard JSON out. */
export interface StandardCompiler {
  compile(input: string): string;
}

interface Output {
  readonly errors?: readonly { readonly formattedMessage: string }[];
  readonly contracts?: Record<string, Record<string, SolidityContract>>;
}

interface SolidityContract {
  readonly abi: readonly unknown[];
  readonly evm: {
    readonly bytecode: { readonly object: string };
    readonly deployedBytecode: { readonly object: string };
  };
}

// Without a metadata hash the bytecode depends on neither paths nor comments.
const SETTINGS = {
  evmVersion: "cancun",
  optimizer: { enabled: true, runs: 200 },
  metadata: { bytecodeHash: "none", appendCBOR: false },
} as const;

/** Compiles the contract named like `file`. Errors and warnings of the compiler are thrown. */
export async function compile(file: string, options: CompileOptions = {}): Promise<Compilation> {
  const root = packageRoot(file);
  const sources = await importClosure(file, root);
  const cacheFolder = options.cacheFolder ?? join(root, ".cache", "solidity");
  const cached = join(cacheFolder, `${basename(file, ".sol")}-${await cacheKey(sources)}.json`);
  const files = [...sources.values()].map((source) => source.path);
  const hit = await readCached(cached);
  if (hit !== undefined) return { ...hit, sources: files };
  const compiler = await (options.loadCompiler ?? loadSolc)();
  const contract = run(compiler, sources, unitName(file, root));
  await writeCached(cached, contract);
  return { ...contract, sources: files };
}

/** For tsup: `import { abi, bytecode } from "./X.sol"`. */
export function solidityEsbuild(): EsbuildPlugin {
  return {
    name: "solidity",
    setup(build) {
      build.onLoad({ filter: /\.sol$/ }, async ({ path }) => {
        const compiled = await compile(path);
        return { contents: moduleOf(compiled), loader: "js", watchFiles: [...compiled.sources] };
      });
    },
  };
}

/** For vitest: the same import. */
export function solidityVite(): VitePlugin {
  return {
    name: "solidity",
    enforce: "pre",
    // vitest keeps modules by their own text alone, and a contract changes with what it imports too.
    configureVitest(vitest) {
      vitest.defineCacheKeyGenerator(({ id }) => (id.endsWith(".sol") ? false : undefined));
    },
    async load(id) {
      if (!id.endsWith(".sol")) return undefined;
      const compiled = await compile(id);
      for (const source of compiled.sources) this.addWatchFile(source);
      return moduleOf(compiled);
    },
  };
}

// The two plugin types, as far as they are used: esbuild and vite are dependencies of tsup and vitest, not ours.
interface EsbuildPlugin {
  readonly name: string;
  setup(build: {
    onLoad(
      options: { filter: RegExp },
      callback: (args: { path: string }) => Promise<{ contents: string; loader: "js"; watchFiles: string[] }>,
    ): void;
  }): void;
}

interface VitePlugin {
  readonly name: string;
  readonly enforce: "pre";
  configureVitest(context: {
    defineCacheKeyGenerator(generator: (module: { id: string }) => false | undefined): void;
  }): void;
  load(this: { addWatchFile(file: string): void }, id: string): Promise<string | undefined>;
}

function moduleOf({ abi, bytecode, deployedBytecode }: CompiledContract): string {
  return Object.entries({ abi, bytecode, deployedBytecode })
    .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};\n`)
    .join("");
}

interface Source {
  readonly path: string;
  readonly content: string;
}

/** Every source that `file` needs, by the name that the compiler gives it. */
async function importClosure(file: string, root: string): Promise<Map<string, Source>> {
  const require = createRequire(resolve(file));
  const sources = new Map<string, Source>();
  const waiting = [unitName(file, root)];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (sources.has(name)) continue;
    const path = name.startsWith("@") ? require.resolve(name) : join(root, name);
    const content = await readFile(path, "utf8");
    sources.set(name, { path, content });
    for (const [, target] of content.matchAll(/^\s*import\b[^;]*?"([^"]+)"\s*;/gm)) {
      if (target === undefined) continue;
      waiting.push(target.startsWith(".") ? posix.join(posix.dirname(name), target) : target);
    }
  }
  return new Map([...sources].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function cacheKey(sources: ReadonlyMap<string, Source>): Promise<string> {
  const { version } = createRequire(import.meta.url)("solc/package.json") as { version: string };
  const texts = [...sources].map(([name, { content }]) => [name, content]);
  return createHash("sha256")
    .update(JSON.stringify([version, SETTINGS, texts]))
    .digest("hex")
    .slice(0, 32);
}

function run(compiler: StandardCompiler, sources: ReadonlyMap<string, Source>, unit: string): CompiledContract {
  const name = posix.basename(unit, ".sol");
  const input = {
    language: "Solidity",
    sources: Object.fromEntries([...sources].map(([key, { content }]) => [key, { content }])),
    settings: {
      ...SETTINGS,
      outputSelection: { [unit]: { [name]: ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
    },
  };
  const output = JSON.parse(compiler.compile(JSON.stringify(input))) as Output;
  if (output.errors?.length) throw new Error(output.errors.map((error) => error.formattedMessage).join("\n"));
  const contract = output.contracts?.[unit]?.[name];
  if (contract === undefined) throw new Error(`${unit} holds no contract named ${name}`);
  const { bytecode, deployedBytecode } = contract.evm;
  return { abi: contract.abi, bytecode: `0x${bytecode.object}`, deployedBytecode: `0x${deployedBytecode.object}` };
}

let solc: Promise<StandardCompiler> | undefined;

function loadSolc(): Promise<StandardCompiler> {
  solc ??= (async () => {
    // The compiler listens for rejections that are not its own, and would hide those of the build.
    const before = process.listeners("unhandledRejection");
    const module = (await import("solc")) as { default: StandardCompiler };
    for (const listener of process.listeners("unhandledRejection")) {
      if (!before.includes(listener)) process.off("unhandledRejection", listener);
    }
    return module.default;
  })();
  return solc;
}

async function readCached(file: string): Promise<CompiledContract | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as CompiledContract;
  } catch {
    // Absent, or cut short by something outside: compiled again and replaced.
    return undefined;
  }
}

async function writeCached(file: string, contract: CompiledContract): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, JSON.stringify(contract));
  await rename(temporary, file);
}

function packageRoot(file: string): string {
  for (let folder = dirname(resolve(file)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) throw new Error(`${file} is in no package`);
  }
}

function unitName(file: string, root: string): string {
  return relative(root, resolve(file)).split(sep).join("/");
}
