import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddedChain } from "../../src/chain/anvil/embeddedChain.ts";
import { createChain } from "../../src/chain/ethers/createChain.ts";
import { type DeployOptions, deployNetwork } from "../../src/chain/ethers/deployNetwork.ts";
import type { Chain, NetworkPreset } from "../../src/chain/interface.ts";
import { createSigner, newPrivateKey } from "../../src/keys/signer.ts";
import { createSilentLog } from "../../src/observability/log.ts";
import { systemClock } from "../../src/util/clock.ts";

export const quiet = { log: createSilentLog(), clock: systemClock };

/** A folder that is gone after `clean`. */
export async function temporaryFolder(): Promise<{ readonly folder: string; clean(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "cortensor-test-"));
  return { folder, clean: () => rm(folder, { recursive: true, force: true }) };
}

/** An embedded chain on a free port. Its owner stops it. */
export async function startEmbedded(folder: string): Promise<EmbeddedChain> {
  const embedded = new EmbeddedChain({ folder, host: "127.0.0.1", port: 0 }, quiet);
  await embedded.start();
  return embedded;
}

/** The contracts on a chain, from a fresh key and with a fresh treasury. */
export function deploy(rpc: string, options: Partial<DeployOptions> = {}): Promise<NetworkPreset> {
  const deployer = createSigner(newPrivateKey());
  const treasury = createSigner(newPrivateKey()).address;
  return deployNetwork({ name: "test", practice: true, rpc: [rpc], deployer, treasury, ...options }, quiet);
}

/** A started chain of this preset, as seen from another address when `rpc` is given. Its owner stops it. */
export async function startChain(preset: NetworkPreset, rpc: readonly string[] = preset.rpc): Promise<Chain> {
  const chain = createChain({ preset: { ...preset, rpc } }, quiet);
  await chain.start();
  return chain;
}

/** When a block of at least this number was seen. */
export function headAt(chain: Chain, number: number): Promise<void> {
  if (chain.head().number >= number) return Promise.resolve();
  return new Promise((resolve) => {
    const off = chain.onHead((block) => {
      if (block.number < number) return;
      off();
      resolve();
    });
  });
}
