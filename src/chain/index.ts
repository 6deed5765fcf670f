export { EmbeddedChain } from "./anvil/embeddedChain.ts";
export { createChain } from "./ethers/createChain.ts";
export { deployNetwork } from "./ethers/deployNetwork.ts";
export { createFaucet } from "./ethers/faucet.ts";
export { MemoryChain } from "./memory/memoryChain.ts";
export { deploymentParameters } from "./parameters.ts";
