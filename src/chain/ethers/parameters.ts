import type { DeploymentParameters } from "../parameters.ts";

/** `Parameters` of `IRuntime.sol`, as ethers takes and gives it. */
export interface ParametersStruct {
  readonly epochSeconds: bigint;
  readonly genesis: bigint;
  readonly closeDelay: bigint;
  readonly orderLifetime: bigint;
  readonly receiptTokens: bigint;
  readonly frameBytes: bigint;
  readonly marginBps: bigint;
  readonly practice: boolean;
  readonly unbondingEpochs: bigint;
  readonly minimumStake: bigint;
  readonly maxValidators: bigint;
  readonly maxNodes: bigint;
  readonly anchorSeconds: bigint;
  readonly commitSeconds: bigint;
  readonly revealSeconds: bigint;
  readonly emission: bigint;
  readonly halvingEpochs: bigint;
  readonly idleEpochs: bigint;
  readonly confirmedEpochs: bigint;
  readonly reportBytes: bigint;
  readonly minersBps: bigint;
  readonly validatorsBps: bigint;
}

export function fromStruct(struct: ParametersStruct): DeploymentParameters {
  return {
    epochSeconds: Number(struct.epochSeconds),
    genesis: Number(struct.genesis),
    minimumStakeWei: struct.minimumStake,
    closeDelaySeconds: Number(struct.closeDelay),
    orderLifetimeSeconds: Number(struct.orderLifetime),
    receiptTokens: Number(struct.receiptTokens),
    frameBytes: Number(struct.frameBytes),
    marginBps: Number(struct.marginBps),
    practice: struct.practice,
    unbondingEpochs: Number(struct.unbondingEpochs),
    maxValidators: Number(struct.maxValidators),
    maxNodes: Number(struct.maxNodes),
    anchorSeconds: Number(struct.anchorSeconds),
    commitSeconds: Number(struct.commitSeconds),
    revealSeconds: Number(struct.revealSeconds),
    emissionWei: struct.emission,
    halvingEpochs: Number(struct.halvingEpochs),
    idleEpochs: Number(struct.idleEpochs),
    confirmedEpochs: Number(struct.confirmedEpochs),
    reportBytes: Number(struct.reportBytes),
    minersBps: Number(struct.minersBps),
    validatorsBps: Number(struct.validatorsBps),
  };
}

export function toStruct(parameters: DeploymentParameters): ParametersStruct {
  return {
    epochSeconds: BigInt(parameters.epochSeconds),
    genesis: BigInt(parameters.genesis),
    closeDelay: BigInt(parameters.closeDelaySeconds),
    orderLifetime: BigInt(parameters.orderLifetimeSeconds),
    receiptTokens: BigInt(parameters.receiptTokens),
    frameBytes: BigInt(parameters.frameBytes),
    marginBps: BigInt(parameters.marginBps),
    practice: parameters.practice,
    unbondingEpochs: BigInt(parameters.unbondingEpochs),
    minimumStake: parameters.minimumStakeWei,
    maxValidators: BigInt(parameters.maxValidators),
    maxNodes: BigInt(parameters.maxNodes),
    anchorSeconds: BigInt(parameters.anchorSeconds),
    commitSeconds: BigInt(parameters.commitSeconds),
    revealSeconds: BigInt(parameters.revealSeconds),
    emission: parameters.emissionWei,
    halvingEpochs: BigInt(parameters.halvingEpochs),
    idleEpochs: BigInt(parameters.idleEpochs),
    confirmedEpochs: BigInt(parameters.confirmedEpochs),
    reportBytes: BigInt(parameters.reportBytes),
    minersBps: BigInt(parameters.minersBps),
    validatorsBps: BigInt(parameters.validatorsBps),
  };
}
