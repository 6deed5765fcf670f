import { afterEach, expect, test } from "vitest";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import { explainRecord } from "../../../src/router/http/explainRecord.ts";
import type { AnswerEvent } from "../../../src/router/task.ts";
import { parseCor } from "../../../src/util/money.ts";
import { RoleNetwork, type TestMiner } from "../../support/roleNetwork.ts";

let network: RoleNetwork;
afterEach(async () => {
  await network.stop();
});

const never = new AbortController().signal;

/** The answer to a question; `at` is called with every event. */
async function answered(at: (event: AnswerEvent) => unknown = () => {}): Promise<void> {
  for await (const event of network.router.answer(network.request(), never)) await at(event);
}

function explained() {
  const tasks = network.router.tasks();
  const [newest] = tasks;
  if (newest === undefined) throw new Error("there is no task");
  return explainRecord(newest, tasks);
}

test("a task that another miner went on with explains both, and its parts add up to what was charged", async () => {
  network = await RoleNetwork.create();
  const bad = await network.addMiner({ script: "rate=500,length=100,error@80x1" });
  let good: TestMiner | undefined;
  let outputTokens = 0;
  await answered(async (event) => {
    if (event.type === "finish") ({ outputTokens } = event);
    good ??= await network.addMiner({ script: "rate=2000,length=100" });
  });
  const record = explained();
  expect(record).toMatchObject({ state: "closed", finish: "stop", attempt_count: 2, output_tokens: outputTokens });
  const [first, second] = record.attempts;
  expect(first).toMatchObject({ attempt: 0, cause: "first", miner: bad.signer.address, from_token: 0 });
  expect(first?.why).toMatch(/^the miner's reason: [a-z-]+$/);
  expect(second).toMatchObject({
    cause: "failover",
    miner: good?.signer.address,
    end: "stop",
    to_token: outputTokens,
  });
  expect(second?.from_token).toBe(first?.to_token);
  expect(first?.prompt_tokens_paid).toBe(0);
  const wei = (text: string): bigint => parseCor(text) ?? -1n;
  const parts = record.attempts.map((one) => wei(one.prompt_cor) + wei(one.output_cor));
  expect(parts).toEqual(record.attempts.map((one) => wei(one.fee_cor)));
  expect(parts[0]).toBeGreaterThan(0n);
  expect(wei(record.fees_cor) + wei(record.margin_cor)).toBe(wei(record.cost_cor));
  expect(network.router.ledger.clientEdge?.voucher.record.cumulative).toBe(wei(record.cost_cor));
});

test("what is known of a task is known after a restart", async () => {
  network = await RoleNetwork.create();
  await network.addMiner();
  await answered();
  const before = explained();
  await network.router.stop();
  await network.startRouter();
  expect(explained()).toEqual(before);
});

test("a task that is cancelled ends for its client, who pays for what came", async () => {
  network = await RoleNetwork.create();
  await network.addMiner({ script: "rate=500,length=5000" });
  const ends: unknown[] = [];
  await answered((event) => {
    if (event.type === "text") network.router.cancel(network.router.tasks()[0]?.id ?? "0x");
    if (event.type === "finish") ends.push(event.finish);
  });
  expect(ends).toEqual(["cancelled"]);
  const record = explained();
  expect(record).toMatchObject({ state: "cancelled", stopped_by: "command", receipt: expect.stringMatching(/^r_/) });
  expect(record.output_tokens).toBeGreaterThan(0);
  expect(parseCor(record.cost_cor)).toBeGreaterThan(0n);
});

test("a task that is cancelled while it waits for a slot has never been anywhere", async () => {
  network = await RoleNetwork.create();
  await network.addMiner({ script: "rate=100,length=5000", slots: 1 });
  const left = new AbortController();
  const running = network.router.answer(network.request(), left.signal);
  await running.next();
  const waiting = answered();
  const id = network.router.tasks()[0]?.id ?? "0x";
  expect(network.router.cancel(id)).toBe(true);
  await expect(waiting).rejects.toThrow(CortensorError);
  await expect(waiting).rejects.toMatchObject({ code: "task-cancelled", message: "the task was cancelled" });
  const trace = network.router.tasks().find((task) => task.id === id);
  expect(trace).toMatchObject({ state: { status: "cancelled" }, stoppedBy: "command", attempts: [], costWei: 0n });
  left.abort();
  await running.return(undefined);
});
