import { deployNetwork, deploymentParameters, EmbeddedChain } from "../chain/index.ts";
import { phaseEdges } from "../protocol/phase.ts";
import type { NetworkPreset } from "../chain/interface.ts";
import { LOCAL, PresetFolder } from "../config/index.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import { createSigner, newPrivateKey } from "../keys/index.ts";
import type { Home } from "../node/home.ts";
import type { Log } from "../observability/log.ts";
import { readJson, writeJson } from "../util/jsonFile.ts";
import type { Clock, Startable } from "../util/types.ts";
import { join } from "node:path";

/** What the practice network of a home was deployed with. */
interface LocalRecord {
  readonly schema: "cortensor.local/1";
  readonly epochSeconds: number;
  readonly genesis: number;
}

export interface LocalChainOptions {
  readonly home: Home;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Only for a network that is deployed now; another value than the deployed one is refused. */
  readonly epochSeconds: number | undefined;
}

/** The embedded chain of a home with the network on it: deployed at the first start, the same ever after. */
export class LocalChain implements Startable {
  readonly #options: LocalChainOptions;
  readonly #deps: { readonly log: Log; readonly clock: Clock };
  readonly #chain: EmbeddedChain;
  #preset: NetworkPreset | undefined;
  #stopping = false;

  constructor(options: LocalChainOptions, deps: { readonly log: Log; readonly clock: Clock }) {
    this.#options = options;
    this.#deps = deps;
    const { home, host, port } = options;
    this.#chain = new EmbeddedChain({ folder: join(home.localFolder, "chain"), host, port }, deps);
  }

  /** Valid after `start`. */
  get preset(): NetworkPreset {
    if (this.#preset === undefined) throw new Error("the local network was asked for before it was there");
    return this.#preset;
  }

  async start(signal?: AbortSignal): Promise<void> {
    const presets = new PresetFolder(this.#options.home.networksFolder);
    const [kept, record] = [await presets.find(LOCAL), await this.#readRecord()];
    this.#checkEpoch(record);
    await this.#chain.start(signal);
    this.#chain.onExit(() => void this.#restart());
    try {
      this.#preset =
        kept !== undefined && record !== undefined ? { ...kept, rpc: [this.#chain.rpcUrl] } : await this.#deploy();
      await presets.write(this.#preset);
      const times = await this.#readRecord();
      if (times !== undefined) this.#chain.keepTime({ ...times, edges: phaseEdges(deploymentParameters(true, times)) });
    } catch (error) {
      await this.#chain.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#chain.stop();
  }

  async #deploy(): Promise<NetworkPreset> {
    const { epochSeconds } = this.#options;
    // Fresh keys, so that nothing signed on one local network holds on another. Nobody keeps the treasury's: the chain
    // itself lets it be impersonated.
    const deployer = createSigner(newPrivateKey());
    const treasury = createSigner(newPrivateKey()).address;
    const genesis = await this.#chain.blockTime();
    const parameters = { genesis, ...(epochSeconds !== undefined && { epochSeconds }) };
    const preset = await deployNetwork(
      { name: LOCAL, practice: true, rpc: [this.#chain.rpcUrl], deployer, treasury, parameters },
      this.#deps,
    );
    await this.#chain.dump();
    const record: LocalRecord = { schema: "cortensor.local/1", epochSeconds: epochSeconds ?? 60, genesis };
    await writeJson(this.#recordFile(), record);
    return preset;
  }

  async #restart(): Promise<void> {
    if (this.#stopping) return;
    this.#deps.log.error("the chain died and starts again from its last dump");
    await this.#chain.start().catch((error: unknown) => this.#deps.log.error("the chain does not start", {}, error));
  }

  #checkEpoch(record: LocalRecord | undefined): void {
    const { epochSeconds } = this.#options;
    if (record === undefined || epochSeconds === undefined || epochSeconds === record.epochSeconds) return;
    throw new CortensorError(
      "parameters-fixed",
      `epochs of this practice network last ${record.epochSeconds} s, not ${epochSeconds} s`,
      {
        why: [["why", "a network's parameters cannot change after its deployment"]],
        try: "cortensor down --purge",
      },
    );
  }

  async #readRecord(): Promise<LocalRecord | undefined> {
    return (await readJson(this.#recordFile())) as LocalRecord | undefined;
  }

  #recordFile(): string {
    return join(this.#options.home.localFolder, "parameters.json");
  }
}
