import { AuditCounts } from "../../src/audit/auditCounts.ts";
import { ChainDraws } from "../../src/audit/chainDraws.ts";
import type { DrawSource } from "../../src/audit/sampleDesk.ts";
import { createEngine } from "../../src/engine/index.ts";
import type { Engine } from "../../src/engine/interface.ts";
import { recover } from "../../src/keys/index.ts";
import { createSilentLog } from "../../src/observability/log.ts";
import type { ThresholdCard } from "../../src/protocol/thresholdCard.ts";
import { systemClock } from "../../src/util/clock.ts";
import type { Hex } from "../../src/util/types.ts";
import { Auditor, type AuditorDeps, type AuditorOptions } from "../../src/validator/auditor.ts";
import type { LeafPages } from "../../src/validator/leafList.ts";
import { Notebook } from "../../src/validator/notebook.ts";
import { RoleNetwork, type RoleNetworkOptions } from "./roleNetwork.ts";

const PAGE = 2;

/** A network whose draws come from its chain, and what is audited in it. Its first epoch with receipts is 1. */
export interface AuditorNetwork {
  readonly network: RoleNetwork;
  readonly draws: DrawSource;
  /** Asks so often in the running epoch, ends it, anchors it, and lets its leaves be drawn. Returns the epoch. */
  answered(count: number): Promise<number>;
  /** As the router lists it; `change` makes other leaves of them. */
  pages(change?: (leaves: readonly Record<string, unknown>[]) => readonly Record<string, unknown>[]): LeafPages;
}

export async function auditorNetwork(options: RoleNetworkOptions = {}): Promise<AuditorNetwork> {
  let source: DrawSource | undefined;
  const later: DrawSource = { draw: async (epoch) => await source?.draw(epoch) };
  const network = await RoleNetwork.create({ draws: later, ...options });
  const { chain } = network;
  const counts = new AuditCounts({ chain });
  const draws = new ChainDraws({ chain, auditsThrough: (epoch) => counts.through(epoch) });
  source = draws;
  const toNext = (): void => chain.advance(chain.epoch().endsAt - chain.head().timestamp);
  const answered = async (count: number): Promise<number> => {
    if (chain.epoch().epoch === 0) toNext();
    const { epoch } = chain.epoch();
    for (let n = 0; n < count; n += 1) await network.ask({ input: { kind: "text", text: `A dog is ${epoch} ${n}` } });
    const kept = (): number =>
      network.miners.reduce((sum, { miner }) => sum + [...miner.audit.receipts.leaves(epoch)].length, 0);
    while (kept() < [...network.router.leaves(epoch)].length) await new Promise((next) => setTimeout(next, 2));
    toNext();
    const anchor = network.router.anchorOf(epoch);
    if (anchor === undefined) throw new Error(`epoch ${epoch} is not over`);
    await chain.as(network.routerSigner).anchor({ ...anchor, feeSumWei: anchor.feeSum });
    chain.advance(chain.parameters.anchorSeconds);
    for (let n = 0; n < 2; n += 1) chain.advance(0);
    return epoch;
  };
  const pages: AuditorNetwork["pages"] = (change = (leaves) => leaves) => ({
    async page(_, { epoch, after }) {
      const all = change(
        [...network.router.leaves(epoch)].map(([leaf, { receipt, ...rest }]) => ({
          leaf,
          ...rest,
          receipt: { ...receipt, fee: String(receipt.fee) },
        })),
      );
      const begin = after === undefined ? 0 : all.findIndex(({ leaf }) => leaf === after) + 1;
      const leaves = all.slice(begin, begin + PAGE);
      const next = begin + PAGE < all.length ? leaves.at(-1)?.["leaf"] : null;
      return JSON.parse(JSON.stringify({ leaves, next })) as unknown;
    },
  });
  return { network, draws, answered, pages };
}

/** Honest replays of a scripted engine match to the last token. */
export function cardOf(modelId: Hex): ThresholdCard {
  return { version: 1, modelId, bands: [{ temperature: 2, cuts: false, limits: [{ tokens: 16, marginNats: 0.5 }] }] };
}

export interface TestAuditor {
  readonly auditor: Auditor;
  readonly notebook: Notebook;
  readonly deps: AuditorDeps;
}

/** An auditor of a registered validator that has the model of this script. */
export async function testAuditor(
  { network, draws, pages }: AuditorNetwork,
  {
    script,
    validator,
    change = {},
    options = { retryMs: 5 },
  }: {
    script: string;
    validator: Awaited<ReturnType<RoleNetwork["addValidator"]>>;
    change?: Partial<AuditorDeps>;
    options?: AuditorOptions;
  },
): Promise<TestAuditor> {
  const log = createSilentLog();
  const engine: Engine = createEngine({ kind: "scripted", script }, { log });
  await engine.start();
  const notebook = new Notebook();
  const deps: AuditorDeps = {
    chain: network.chain,
    draws,
    asker: validator.asker,
    pages: pages(),
    signer: validator.signer,
    recover,
    notebook,
    clock: systemClock,
    log,
    engineFor: async (modelId) => (modelId === engine.model.modelId ? engine : undefined),
    cardFor: async (modelId) => cardOf(modelId),
    ...change,
  };
  return { auditor: new Auditor(options, deps), notebook, deps };
}
