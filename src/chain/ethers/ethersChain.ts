import { CortensorError } from "../../errors/cortensorError.ts";
import type { Signer } from "../../keys/interface.ts";
import type { Log } from "../../observability/log.ts";
import { sessionId } from "../../protocol/eip712.ts";
import type { Domain, Session } from "../../protocol/records.ts";
import type { Address, Clock, Hex } from "../../util/types.ts";
import type {
  Ballot,
  Block,
  Chain,
  ChainActor,
  EpochInfo,
  EpochRecord,
  Mined,
  NetworkParameters,
  NetworkPreset,
  NodeRecord,
  Role,
  SessionState,
} from "../interface.ts";
import { epochAt } from "../parameters.ts";
import { isHex, malformed } from "./blocks.ts";
import { type Addresses, readAddresses, readView } from "./contractReader.ts";
import { EpochReader } from "./epochReader.ts";
import { EthersActor } from "./ethersActor.ts";
import { FailoverRpc } from "./failoverRpc.ts";
import { Fees } from "./fees.ts";
import { HeadFollower } from "./headFollower.ts";
import { inEpoch, NodeDirectory } from "./nodeDirectory.ts";
import { fromStruct, type ParametersStruct } from "./parameters.ts";
import { patience, TransactionQueue } from "./transactionQueue.ts";

export interface ChainDeps {
  readonly log: Log;
  readonly clock: Clock;
}

/** What is known once the `Runtime` was read. */
interface Network {
  readonly parameters: NetworkParameters;
  readonly addresses: Addresses;
  readonly directory: NodeDirectory;
  readonly epochs: EpochReader;
}

interface Writer {
  readonly actor: ChainActor;
  readonly queue: TransactionQueue;
}

/** The network of a preset over JSON-RPC. */
export class EthersChain implements Chain {
  readonly domain: Domain;
  readonly #preset: NetworkPreset;
  readonly #deps: ChainDeps;
  readonly #rpc: FailoverRpc;
  readonly #head: HeadFollower;
  readonly #fees: Fees;
  readonly #writers = new Map<Address, Writer>();
  #stopping = new AbortController();
  #network: Network | undefined;
  #lastMined = 0;

  constructor({ preset }: { readonly preset: NetworkPreset }, deps: ChainDeps) {
    this.domain = { chainId: preset.chainId, runtime: preset.runtime };
    this.#preset = preset;
    this.#deps = deps;
    const { clock, log } = deps;
    this.#rpc = new FailoverRpc(preset.rpc, preset.chainId);
    this.#head = new HeadFollower({ idle: preset.practice }, { rpc: this.#rpc, clock, log });
    this.#fees = new Fees({ rpc: this.#rpc, head: this.#head, clock });
    this.#head.onRollback(() => this.#rolledBack());
  }

  async start(): Promise<void> {
    const { chainId, name, runtime } = this.#preset;
    await this.#rpc.checkAll(name, chainId);
    if ((await this.#rpc.call("eth_getCode", [runtime, "latest"])) === "0x") throw noRuntime(this.#preset);
    const [addresses, [struct]] = await Promise.all([
      readAddresses(this.#rpc, runtime),
      readView(this.#rpc, { contract: "runtime", address: runtime, name: "parameters" }),
    ]);
    const directory = new NodeDirectory({ rpc: this.#rpc, addresses });
    const parameters = fromStruct(struct as ParametersStruct);
    const epochs = new EpochReader({ parameters, deployed: this.#preset.block }, { rpc: this.#rpc, addresses });
    this.#network = { parameters, addresses, directory, epochs };
    await this.#head.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#stopping = new AbortController();
    this.#writers.clear();
    await this.#head.stop();
    this.#rpc.close();
  }

  get parameters(): NetworkParameters {
    return this.#started.parameters;
  }

  head(): Block {
    const { number, hash, timestamp } = this.#head.head();
    return { number, hash, timestamp };
  }

  epoch(): EpochInfo {
    return epochAt(this.#head.now(), this.parameters);
  }

  onHead(listener: (block: Block) => void): () => void {
    return this.#head.onHead(({ number, hash, timestamp }) => listener({ number, hash, timestamp }));
  }

  endpoints(): ReturnType<Chain["endpoints"]> {
    return this.#rpc.endpoints();
  }

  async nodes(role?: Role): Promise<readonly NodeRecord[]> {
    const { directory } = this.#started;
    // Otherwise somebody who has just registered would not find itself.
    if (this.#head.head().number < this.#lastMined) await this.#head.refresh();
    const nodes = await directory.all(this.#head.head().hash);
    const { epoch } = this.epoch();
    return nodes.filter((node) => role === undefined || node.role === role).map((node) => inEpoch(node, epoch));
  }

  async node(address: Address): Promise<NodeRecord | undefined> {
    const node = await this.#started.directory.one(address);
    return node === undefined ? undefined : inEpoch(node, this.epoch().epoch);
  }

  async balance(address: Address): Promise<{ corWei: bigint; gasWei: bigint }> {
    const { token } = this.#started.addresses;
    const [[corWei], gasWei] = await Promise.all([
      readView(this.#rpc, { contract: "token", address: token, name: "balanceOf", args: [address] }),
      this.#rpc.call("eth_getBalance", [address, "latest"]),
    ]);
    if (!isHex(gasWei)) throw malformed("balance");
    return { corWei: corWei as bigint, gasWei: BigInt(gasWei) };
  }

  sessionId(session: Session): Hex {
    return sessionId(session);
  }

  async session(id: Hex): Promise<SessionState | undefined> {
    const { escrow } = this.#started.addresses;
    const [state] = await readView(this.#rpc, { contract: "escrow", address: escrow, name: "stateOf", args: [id] });
    const { deposit, redeemed, closesAt, ended } = state as {
      deposit: bigint;
      redeemed: bigint;
      closesAt: bigint;
      ended: boolean;
    };
    if (deposit === 0n) return undefined;
    return { depositWei: deposit, redeemedWei: redeemed, closesAt: Number(closesAt), ended };
  }

  epochRecord(epoch: number): Promise<EpochRecord> {
    return this.#started.epochs.record(epoch);
  }

  drawingBlock(epoch: number): Promise<Block | undefined> {
    return this.#started.epochs.drawingBlock(epoch);
  }

  ballot(node: Address): Promise<Ballot> {
    return this.#started.epochs.ballot(node);
  }

  votes(epoch: number, payout: Hex): Promise<bigint> {
    return this.#started.epochs.votes(epoch, payout);
  }

  payout(epoch: number): Promise<Hex | undefined> {
    return this.#started.epochs.payout(epoch);
  }

  settledEpochs(): Promise<number> {
    return this.#started.epochs.settledEpochs();
  }

  claimed(owner: Address): Promise<bigint> {
    return this.#started.epochs.claimed(owner);
  }

  as(signer: Signer): ChainActor {
    const known = this.#writers.get(signer.address);
    if (known !== undefined) return known.actor;
    const writer = this.#writer(signer);
    this.#writers.set(signer.address, writer);
    return writer.actor;
  }

  get #started(): Network {
    if (this.#network === undefined) throw new Error("the chain was used before it was started");
    return this.#network;
  }

  #writer(signer: Signer): Writer {
    const { chainId, practice } = this.#preset;
    const { signal } = this.#stopping;
    const queue = new TransactionQueue(
      { chainId, ...patience(practice), signal },
      { rpc: this.#rpc, fees: this.#fees, signer, log: this.#deps.log },
    );
    const onMined = ({ block }: Mined): void => {
      this.#lastMined = Math.max(this.#lastMined, block);
    };
    const actor = new EthersActor(signer, { rpc: this.#rpc, queue, addresses: this.#started.addresses, onMined });
    return { actor, queue };
  }

  #rolledBack(): void {
    this.#lastMined = 0;
    for (const { queue } of this.#writers.values()) void queue.resend();
  }
}

function noRuntime({ name, runtime, chainId }: NetworkPreset): CortensorError {
  return new CortensorError("chain-mismatch", `there is no Runtime of ${name} at ${runtime} on chain ${chainId}`, {
    why: [["why", "the endpoint belongs to another network, or to a practice chain that was started afresh"]],
    try: `cortensor network show ${name}`,
    data: { network: name, runtime, chainId },
  });
}
