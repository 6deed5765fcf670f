import type { EpochInfo, NetworkParameters } from "./interface.ts";

/** What a deployment fixes: the network's numbers, and those that only the registry reads. */
export interface DeploymentParameters extends NetworkParameters {
  /** Whole epochs that unstaked money still answers for. */
  readonly unbondingEpochs: number;
  readonly maxValidators: number;
  /** Of any other role. */
  readonly maxNodes: number;
}

/** The numbers of a network that is deployed without further wishes; `genesis` is the time of its deployment. */
export function defaultParameters(practice: boolean): Omit<DeploymentParameters, "genesis"> {
  return {
    epochSeconds: practice ? 60 : 6 * 3600,
    minimumStakeWei: 100n * 10n ** 18n,
    closeDelaySeconds: practice ? 600 : 24 * 3600,
    orderLifetimeSeconds: 600,
    receiptTokens: 64,
    frameBytes: 1_048_576,
    marginBps: practice ? 0 : 500,
    practice,
    unbondingEpochs: 3,
    maxValidators: 64,
    maxNodes: 10_000,
  };
}

/** The epoch at a block time in seconds. */
export function epochAt(timestamp: number, { genesis, epochSeconds }: NetworkParameters): EpochInfo {
  const epoch = Math.max(0, Math.floor((timestamp - genesis) / epochSeconds));
  return { epoch, epochSeconds, endsAt: genesis + (epoch + 1) * epochSeconds };
}
