import { afterEach, expect, onTestFinished, test } from "vitest";
import { createSilentLog } from "../../../src/observability/log.ts";
import { readNodeState } from "../../../src/protocol/nodeState.ts";
import type { Report } from "../../../src/protocol/report.ts";
import type { Address, Hex } from "../../../src/util/types.ts";
import type { AuditorDeps, AuditorOptions } from "../../../src/validator/auditor.ts";
import { EpochKeeper } from "../../../src/validator/epochKeeper.ts";
import { SettledBook } from "../../../src/validator/settledBook.ts";
import { type AuditorNetwork, auditorNetwork, testAuditor } from "../../support/auditorNetwork.ts";

const HONEST = "rate=0,length=40,name=m";
/** The same model by name, and other answers. */
const LIAR = "rate=0,length=40,name=m,seed=liar";
const SHORT = "rate=0,length=9,name=m";
const NEVER = new AbortController().signal;

let made: AuditorNetwork;
afterEach(async () => {
  await made.network.stop();
});

async function audited({
  scripts = [HONEST],
  validators = 1,
  script = HONEST,
}: {
  scripts?: readonly string[];
  validators?: number;
  script?: string;
} = {}) {
  made = await auditorNetwork();
  const { network } = made;
  const registered = [];
  for (let n = 0; n < validators; n += 1) registered.push(await network.addValidator());
  const [validator] = registered;
  if (validator === undefined) throw new Error("there is no validator");
  const miners = [];
  for (const each of scripts) miners.push(await network.addMiner({ script: each }));
  const auditorWith = (change: Partial<AuditorDeps> = {}, options?: AuditorOptions, by = validator) =>
    testAuditor(made, { script, validator: by, change, ...(options && { options }) });
  const indexOf = async (address: Address): Promise<number> => (await network.chain.node(address))?.index ?? -1;
  return {
    ...made,
    validator,
    registered,
    auditorWith,
    miners,
    minerAt: await indexOf(miners[0]?.signer.address ?? "0x"),
    routerAt: await indexOf(network.routerSigner.address),
  };
}

const of = (report: Report, index: number) => report.nodes[index];

test("an honest miner passes each audit, and validators show the same replays of the same leaves", async () => {
  const { answered, auditorWith, minerAt, routerAt, registered } = await audited({ validators: 2 });
  const epoch = await answered(5);
  const reports: Report[] = [];
  for (const each of registered) {
    const { auditor, notebook } = await auditorWith({}, undefined, each);
    const summary = await auditor.audit(epoch, NEVER);
    expect(summary).toMatchObject({ drawn: 5, due: 5, replayed: 5, passes: 5, fails: 0, withheld: 0, wrongLists: 0 });
    reports.push(notebook.report(epoch));
  }
  const [first, second] = reports;
  if (first === undefined) throw new Error("there is no report");
  expect(of(first, minerAt)).toMatchObject({ passes: 5, fails: 0, forfeits: false });
  expect(of(first, routerAt)).toBeUndefined();
  expect(first.replays).toHaveLength(5);
  for (const value of first.replays) expect(value).toBeGreaterThan(0);
  expect(second).toEqual(first);
});

test("a miner with another model under the announced id fails at its first audits, and what is settled grows", async () => {
  const { answered, auditorWith, network, validator, minerAt } = await audited({ scripts: [LIAR] });
  const { auditor, notebook } = await auditorWith();
  const book = new SettledBook({ chain: network.chain, log: createSilentLog() });
  const ready = (epoch: number): Promise<void> => auditor.ready(epoch);
  const keeper = new EpochKeeper({
    chain: network.chain,
    signer: validator.signer,
    notebook,
    book,
    log: createSilentLog(),
    ready,
  });
  onTestFinished(async () => {
    await auditor.stop();
    await keeper.stop();
  });
  await Promise.all([auditor.start(), keeper.start()]);
  const epoch = await answered(3);
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) await new Promise((resolve) => setTimeout(resolve, 2));
  };
  await until(() => keeper.progress().committed);
  expect(auditor.newest).toMatchObject({ epoch, fails: 3, passes: 0 });
  expect(of(notebook.report(epoch), minerAt)).toMatchObject({ fails: 3 });
  network.chain.advance(30);
  await until(() => keeper.progress().revealed);
  network.chain.advance(30);
  const { cusum } = readNodeState((await book.through(epoch)).nodes, minerAt);
  expect(cusum).toBe(3 * 6364);
});

test("a router whose list lacks a receipt that it anchored, or has another's, earns nothing and is not drawn from", async () => {
  const { answered, auditorWith, pages, routerAt } = await audited();
  const epoch = await answered(4);
  const changes: Parameters<typeof pages>[0][] = [
    (leaves) => leaves.slice(1),
    (leaves) => leaves.toReversed(),
    (leaves) => leaves.map((leaf) => ({ ...leaf, miner: `0x${"11".repeat(20)}` })),
    (leaves) => leaves.map((leaf) => ({ ...leaf, text: "more" })),
    () => [],
  ];
  for (const change of changes) {
    const { auditor, notebook } = await auditorWith({ pages: pages(change) });
    expect(await auditor.audit(epoch, NEVER)).toMatchObject({ wrongLists: 1, drawn: 0 });
    expect(of(notebook.report(epoch), routerAt)).toMatchObject({ forfeits: true });
  }
});

test("a router that lists nothing has until its time is over", async () => {
  const { answered, auditorWith, network, routerAt } = await audited();
  const epoch = await answered(1);
  const asked: number[] = [];
  const absent = async (): Promise<unknown> => {
    asked.push(asked.length);
    throw new Error("away");
  };
  const { auditor, notebook } = await auditorWith({ pages: { page: absent } });
  const running = auditor.audit(epoch, NEVER);
  while (asked.length < 3) await new Promise((resolve) => setTimeout(resolve, 2));
  expect(notebook.seen(epoch)).toBe(0);
  network.chain.advance(7);
  expect(await running).toMatchObject({ wrongLists: 1 });
  expect(of(notebook.report(epoch), routerAt)).toMatchObject({ forfeits: true });
});

test("what the router withholds the miner shows, and nobody forfeits", async () => {
  const { answered, auditorWith, network, routerAt, minerAt } = await audited();
  const epoch = await answered(2);
  await network.router.audit.transcripts.forgetBefore(epoch + 1);
  const { auditor, notebook } = await auditorWith();
  expect(await auditor.audit(epoch, NEVER)).toMatchObject({ passes: 2, withheld: 0 });
  expect(of(notebook.report(epoch), routerAt)).toBeUndefined();
  expect(of(notebook.report(epoch), minerAt)).toMatchObject({ passes: 2 });
});

test("a router whose drawn transcript neither it nor the miner gives forfeits", async () => {
  const { answered, auditorWith, network, miners, routerAt, minerAt } = await audited();
  const epoch = await answered(2);
  for (const audit of [network.router.audit, ...miners.map(({ miner }) => miner.audit)])
    await audit.transcripts.forgetBefore(epoch + 1);
  const { auditor, notebook } = await auditorWith();
  expect(await auditor.audit(epoch, NEVER)).toMatchObject({ replayed: 0, withheld: 2 });
  expect(of(notebook.report(epoch), routerAt)).toMatchObject({ forfeits: true });
  expect(of(notebook.report(epoch), minerAt)).toBeUndefined();
});

test("a router that only lets validators wait forfeits when the time is over", async () => {
  const { answered, auditorWith, network, routerAt } = await audited();
  const epoch = await answered(3);
  const asked: Hex[] = [];
  const transcript: AuditorDeps["asker"]["transcript"] = async ({ leaf }, signal) => {
    asked.push(leaf);
    return await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
  };
  const { auditor, notebook } = await auditorWith({ asker: { transcript } }, { retryMs: 5, answerMs: 5 });
  const running = auditor.audit(epoch, NEVER);
  // One leaf a round, asked of router and miner, and each has its turn: with the seventh question all have waited in vain.
  while (asked.length < 7) await new Promise((resolve) => setTimeout(resolve, 2));
  expect(new Set(asked).size).toBe(3);
  network.chain.advance(21);
  expect(await running).toMatchObject({ replayed: 0, withheld: 3 });
  expect(of(notebook.report(epoch), routerAt)).toMatchObject({ forfeits: true });
});

test("a list that names another model than the order is evidence, and the right model is replayed", async () => {
  const { answered, auditorWith, pages, routerAt, minerAt } = await audited();
  const epoch = await answered(1);
  const other = `0x${"77".repeat(32)}`;
  const { auditor, notebook } = await auditorWith({
    pages: pages((leaves) => leaves.map((leaf) => ({ ...leaf, model: other }))),
  });
  expect(await auditor.audit(epoch, NEVER)).toMatchObject({ passes: 1 });
  expect(of(notebook.report(epoch), routerAt)).toMatchObject({ forfeits: true });
  expect(of(notebook.report(epoch), minerAt)).toMatchObject({ passes: 1 });
});

test("answers that are too short say nothing alone, and are joined to the miner's next, also of a later epoch", async () => {
  const { answered, auditorWith, minerAt } = await audited({ scripts: [SHORT], script: SHORT });
  const { auditor, notebook } = await auditorWith();
  const first = await answered(1);
  expect(await auditor.audit(first, NEVER)).toMatchObject({ replayed: 1, passes: 0, fails: 0 });
  expect(of(notebook.report(first), minerAt)).toBeUndefined();
  expect(notebook.report(first).replays).toHaveLength(1);
  const second = await answered(1);
  expect(await auditor.audit(second, NEVER)).toMatchObject({ replayed: 1, passes: 1 });
  expect(of(notebook.report(second), minerAt)).toMatchObject({ passes: 1 });
});

test("short answers of another model fail when they are joined", async () => {
  const { answered, auditorWith } = await audited({ scripts: [`${SHORT},seed=liar`], script: SHORT });
  const { auditor } = await auditorWith();
  expect(await auditor.audit(await answered(2), NEVER)).toMatchObject({ replayed: 2, passes: 0, fails: 1 });
});

test("a validator without the model abstains, and one without its card notes replays and no verdict", async () => {
  const { answered, auditorWith, minerAt } = await audited({ scripts: [LIAR] });
  const epoch = await answered(2);
  const without = await auditorWith({ engineFor: async () => undefined });
  expect(await without.auditor.audit(epoch, NEVER)).toMatchObject({ due: 2, replayed: 0, withheld: 0 });
  expect(without.notebook.report(epoch)).toMatchObject({ nodes: [], replays: [] });
  const uncarded = await auditorWith({ cardFor: async () => undefined });
  expect(await uncarded.auditor.audit(epoch, NEVER)).toMatchObject({ replayed: 2, passes: 0, fails: 0 });
  expect(of(uncarded.notebook.report(epoch), minerAt)).toBeUndefined();
});

test("an audit that is interrupted, or out of time, notes nothing of what it had not replayed", async () => {
  const { answered, auditorWith, network } = await audited();
  const epoch = await answered(2);
  const stop = new AbortController();
  const interrupted = await auditorWith();
  const { engineFor } = interrupted.deps;
  const { auditor, notebook } = await auditorWith({
    engineFor: async (model) => {
      stop.abort();
      return await engineFor(model);
    },
  });
  await expect(auditor.audit(epoch, stop.signal)).rejects.toMatchObject({ name: "AbortError" });
  expect(notebook.seen(epoch)).toBe(0);
  const late = await auditorWith({
    engineFor: async (model) => {
      network.chain.advance(21);
      return await engineFor(model);
    },
  });
  expect(await late.auditor.audit(epoch, NEVER)).toMatchObject({ due: 2, replayed: 0, withheld: 0 });
});

test("nothing is audited before its leaves are drawn, and a report waits until they are, or until it is time", async () => {
  const { auditorWith, network } = await audited();
  network.chain.advance(60);
  const { auditor } = await auditorWith();
  expect(await auditor.audit(0, NEVER)).toBeUndefined();
  let ready = false;
  const waiting = auditor.ready(0).then(() => (ready = true));
  network.chain.advance(10);
  await new Promise((resolve) => setImmediate(resolve));
  expect(ready).toBe(false);
  network.chain.advance(20);
  await waiting;
});
