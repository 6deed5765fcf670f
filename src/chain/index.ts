export type { Exit } from "./anvil/anvilProcess.ts";
export { EmbeddedChain } from "./anvil/embeddedChain.ts";
export { createChain } from "./ethers/createChain.ts";
export { type DeployOptions, deployNetwork } from "./ethers/deployNetwork.ts";
export { createFaucet } from "./ethers/faucet.ts";
export { MemoryChain } from "./memory/memoryChain.ts";
export { type DeploymentParameters, defaultParameters } from "./parameters.ts";
