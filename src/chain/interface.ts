import type { Signer } from "../keys/interface.ts";
import type { EpochLogs } from "../protocol/payout.ts";
import type { Opening } from "../protocol/reportSeal.ts";
import type { Domain, Session, Signed, Voucher } from "../protocol/records.ts";
import type { Address, Hex, Startable } from "../util/types.ts";

export const ROLE = { none: 0, miner: 1, validator: 2, router: 3 } as const;
export type Role = Exclude<keyof typeof ROLE, "none">;

export interface Block {
  readonly number: number;
  readonly hash: Hex;
  /** Seconds. */
  readonly timestamp: number;
}

export interface EpochInfo {
  readonly epoch: number;
  readonly epochSeconds: number;
  /** Block time in seconds. */
  readonly endsAt: number;
}

/** The (R) numbers of the design that exist so far, as the `Runtime` contract holds them. */
export interface NetworkParameters {
  readonly epochSeconds: number;
  /** Block time in seconds at which epoch 0 began. */
  readonly genesis: number;
  readonly minimumStakeWei: bigint;
  readonly closeDelaySeconds: number;
  readonly orderLifetimeSeconds: number;
  readonly receiptTokens: number;
  readonly frameBytes: number;
  readonly marginBps: number;
  readonly practice: boolean;
  /** Ends of the phases of an epoch in seconds after its end: anchors, then sealed reports, then their keys. */
  readonly anchorSeconds: number;
  readonly commitSeconds: number;
  readonly revealSeconds: number;
  /** Rewards of one of the first `halvingEpochs` epochs; of the next as many half of it, and so on. */
  readonly emissionWei: bigint;
  readonly halvingEpochs: number;
  /** Epochs without a report until a validator's weight can be taken. */
  readonly idleEpochs: number;
  /** Epochs for which a confirmed class is paid. */
  readonly confirmedEpochs: number;
  readonly reportBytes: number;
  /** Of the rewards of an epoch; the routers have the rest. */
  readonly minersBps: number;
  readonly validatorsBps: number;
}

export interface NodeRecord {
  readonly address: Address;
  readonly owner: Address;
  readonly role: Role;
  readonly index: number;
  readonly since: number;
  readonly suspended: boolean;
  /** In force now. */
  readonly stakeWei: bigint;
  readonly unbondingWei: bigint;
  /** Multiaddrs and an HTTPS URL; routers only. */
  readonly addresses: readonly string[];
}

export interface SessionState {
  readonly depositWei: bigint;
  readonly redeemedWei: bigint;
  /** Block time in seconds; 0 while nobody closes it. */
  readonly closesAt: number;
  readonly ended: boolean;
}

/** What a node posted of its receipts of one epoch. */
export interface Anchor {
  readonly epoch: number;
  readonly root: Hex;
  readonly count: number;
  readonly feeSumWei: bigint;
}

/** A validator's report, unreadable until its key is revealed. */
export interface Commit {
  readonly epoch: number;
  readonly seal: Hex;
  readonly report: Hex;
}

/** All that the chain holds of one epoch, complete once its reveals are over. What `nextPayout` takes, and more. */
export interface EpochRecord extends EpochLogs {
  readonly anchors: readonly (Omit<Anchor, "epoch"> & { readonly node: Address })[];
  readonly commits: readonly (Omit<Commit, "epoch"> & { readonly validator: Address })[];
  readonly reveals: readonly (Omit<Opening, "epoch"> & { readonly weight: bigint })[];
}

/** The last epochs for which a node did something; undefined where it never did. */
export interface Ballot {
  readonly anchored: number | undefined;
  readonly committed: number | undefined;
  readonly revealed: number | undefined;
}

export interface Claim {
  readonly owner: Address;
  /** Of the settled root that the proof leads to. */
  readonly epoch: number;
  /** All that the owner has earned through that epoch. */
  readonly cumulativeWei: bigint;
  readonly proof: readonly Hex[];
}

/** A transaction in a block. */
export interface Mined {
  readonly hash: Hex;
  readonly block: number;
  readonly gasUsed: bigint;
  readonly feeWei: bigint;
}

/**
 * The chain as nodes see it. Every call may throw `rpc-unreachable` (all endpoints failed) and writes `chain-rejected`
 * (with the contract's error by name) or `gas-low`.
 */
export interface Chain extends Startable {
  readonly domain: Domain;
  /** Valid after `start`, which throws `chain-mismatch` when an endpoint is of another chain or there is no `Runtime`. */
  readonly parameters: NetworkParameters;
  /** The newest block seen; refreshed about once a second. */
  head(): Block;
  /** Computed from `head` and, on an idle practice chain, never behind `pending`. */
  epoch(): EpochInfo;
  /** Calls back at each new head; the returned function stops that. */
  onHead(listener: (block: Block) => void): () => void;
  /** Endpoints and whether each answered last time. */
  endpoints(): readonly { readonly url: string; readonly ok: boolean; readonly error?: string }[];
  nodes(role?: Role): Promise<readonly NodeRecord[]>;
  node(address: Address): Promise<NodeRecord | undefined>;
  balance(address: Address): Promise<{ readonly corWei: bigint; readonly gasWei: bigint }>;
  sessionId(session: Session): Hex;
  session(id: Hex): Promise<SessionState | undefined>;
  /** As of the newest block, whatever was read before it: nothing of it outlives blocks that are taken back. */
  epochRecord(epoch: number): Promise<EpochRecord>;
  /**
   * The block whose hash draws the leaves of an epoch: the third from the end of its anchoring on. Undefined until there
   * is one.
   */
  drawingBlock(epoch: number): Promise<Block | undefined>;
  ballot(node: Address): Promise<Ballot>;
  /** Weight behind a root of the payouts through an epoch. */
  votes(epoch: number, payout: Hex): Promise<bigint>;
  /** The settled root of the payouts through an epoch; undefined while there is none. */
  payout(epoch: number): Promise<Hex | undefined>;
  /** Epochs up to the last one whose payouts are settled. */
  settledEpochs(): Promise<number>;
  /** Rewards paid to an owner so far, in wei. */
  claimed(owner: Address): Promise<bigint>;
  /** Writes signed by one key, in one nonce queue. */
  as(signer: Signer): ChainActor;
}

export interface ChainActor {
  readonly address: Address;
  /** Sender becomes owner. Approves the token as needed. `consent` is the node key's signature over `Register`. */
  register(node: {
    readonly address: Address;
    readonly role: Role;
    readonly stakeWei: bigint;
    readonly addresses: readonly string[];
    readonly consent: Hex;
  }): Promise<Mined>;
  announce(addresses: readonly string[]): Promise<Mined>;
  stake(node: Address, amountWei: bigint): Promise<Mined>;
  unstake(node: Address, amountWei: bigint): Promise<Mined>;
  withdrawStake(node: Address): Promise<Mined>;
  openSession(session: Session, depositWei: bigint): Promise<Mined>;
  topUp(session: Session, amountWei: bigint): Promise<Mined>;
  /** Repeatable; never ends the session. Throws `chain-rejected` with `NothingNew` when nothing is gained. */
  redeem(session: Session, voucher: Signed<Voucher>): Promise<Mined>;
  settle(session: Session, voucher: Signed<Voucher> | undefined): Promise<Mined>;
  closeSession(session: Session): Promise<Mined>;
  withdrawSession(session: Session): Promise<Mined>;
  /** By an active node, in the anchor phase, once an epoch. */
  anchor(anchor: Anchor): Promise<Mined>;
  /** By a validator, in the commit phase, once an epoch. */
  commit(commit: Commit): Promise<Mined>;
  /** For any validator, in the reveal phase. */
  reveal(opening: Opening): Promise<Mined>;
  /** For any owner, at any time. */
  claim(claim: Claim): Promise<Mined>;
  /** Takes the weight of a validator that has let too many epochs pass. */
  suspend(validator: Address): Promise<Mined>;
  /** By a suspended validator's own key; it counts from the next epoch on, like a newcomer. */
  resume(): Promise<Mined>;
  transferCor(to: Address, amountWei: bigint): Promise<Mined>;
  transferGas(to: Address, amountWei: bigint): Promise<Mined>;
}

/** Money for a practice network, through the embedded chain's own RPC. */
export interface Faucet {
  /** Raises balances to at least these; does nothing where they are higher. */
  fund(address: Address, least: { readonly corWei: bigint; readonly gasWei: bigint }): Promise<void>;
}

/** A network, as its preset file describes it. */
export interface NetworkPreset {
  readonly schema: "cortensor.network/1";
  readonly name: string;
  readonly practice: boolean;
  readonly chainId: number;
  readonly rpc: readonly string[];
  readonly runtime: Address;
  /** Block of deployment. */
  readonly block: number;
  /** Holds the unminted supply of a practice network; absent elsewhere. */
  readonly treasury?: Address;
}
