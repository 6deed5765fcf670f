import type { EpochInfo, NetworkParameters } from "./interface.ts";

/** What a deployment fixes: the network's numbers, and those that only the registry reads. */
export interface DeploymentParameters extends NetworkParameters {
  /** Whole epochs that unstaked money still answers for. */
  readonly unbondingEpochs: number;
  readonly maxValidators: number;
  /** Of any other role. */
  readonly maxNodes: number;
}

const COR = 10n ** 18n;
/** Of 6 hours. */
const EPOCHS_A_YEAR = 4 * 365;

/** The numbers of a network, what was not asked for by default. Phases follow the length of the epoch. */
export function deploymentParameters(
  practice: boolean,
  given: Partial<DeploymentParameters> & Pick<DeploymentParameters, "genesis">,
): DeploymentParameters {
  const epochSeconds = given.epochSeconds ?? (practice ? 60 : 6 * 3600);
  const anchorSeconds = Math.max(1, Math.floor(epochSeconds / 10));
  const commitSeconds = Math.max(anchorSeconds + 1, Math.floor((epochSeconds * 55) / 100));
  return {
    epochSeconds,
    minimumStakeWei: 100n * COR,
    closeDelaySeconds: practice ? 600 : 24 * 3600,
    orderLifetimeSeconds: 600,
    receiptTokens: 64,
    frameBytes: 1_048_576,
    marginBps: practice ? 0 : 500,
    practice,
    unbondingEpochs: 3,
    maxValidators: 64,
    maxNodes: 10_000,
    anchorSeconds,
    commitSeconds,
    revealSeconds: Math.max(commitSeconds + 1, Math.floor((epochSeconds * 8) / 10)),
    // Twice their product is what is ever emitted, and at most 350 M.
    emissionWei: practice ? 100n * COR : 29_900n * COR,
    halvingEpochs: practice ? 1_000_000 : 4 * EPOCHS_A_YEAR,
    idleEpochs: 3,
    confirmedEpochs: 24,
    reportBytes: 1 << 15,
    minersBps: 7000,
    validatorsBps: 2000,
    ...given,
  };
}

/** The epoch at a block time in seconds. */
export function epochAt(timestamp: number, { genesis, epochSeconds }: NetworkParameters): EpochInfo {
  const epoch = Math.max(0, Math.floor((timestamp - genesis) / epochSeconds));
  return { epoch, epochSeconds, endsAt: genesis + (epoch + 1) * epochSeconds };
}
