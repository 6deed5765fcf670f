import { expect, test } from "vitest";
import { recover } from "../../../src/keys/index.ts";
import { wrongLeaf, parseLeaf } from "../../../src/protocol/leaf.ts";
import { merkleTree } from "../../../src/protocol/merkle.ts";
import { parseBundle, partLeaf, verifyBundle } from "../../../src/protocol/receiptBundle.ts";
import type { Hex } from "../../../src/util/types.ts";
import { DOMAIN } from "../../support/fakeRouter.ts";
import { chat, httpServer } from "../../support/httpServer.ts";

interface EpochPage {
  readonly schema: string;
  readonly epoch: number;
  readonly root: Hex;
  readonly count: number;
  readonly feeSum: string;
  readonly leaves: readonly ({ readonly leaf: Hex } & Record<string, unknown>)[];
  readonly next: Hex | null;
}

async function answered(count: number) {
  const server = await httpServer();
  const tasks: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const answer = await server.call("/v1/chat/completions", { json: chat(`Question ${n}?`) });
    await answer.json();
    tasks.push(answer.headers.get("x-cortensor-task") ?? "");
  }
  const epoch = async (path: string): Promise<EpochPage> =>
    (await (await fetch(`${server.url}/api/v1/epochs/${path}`)).json()) as EpochPage;
  return { ...server, tasks, epoch };
}

test("an epoch that is over is shown to everybody, with leaves that add up to its root and tell no prompt", async () => {
  const { epoch, router, url } = await answered(5);
  const early = await fetch(`${url}/api/v1/epochs/1`);
  expect([early.status, ((await early.json()) as { error: { code: string } }).error.code]).toEqual([404, "not-found"]);
  router.currentEpoch = 2;
  const page = await epoch("1");
  expect(page).toMatchObject({ schema: "cortensor.epoch/1", epoch: 1, count: 5, next: null });
  expect(merkleTree(page.leaves.map(({ leaf }) => leaf)).root).toBe(page.root);
  let fees = 0n;
  for (const { leaf, ...json } of page.leaves) {
    const record = parseLeaf(json);
    fees += record.receipt.fee;
    expect(partLeaf(record)).toBe(leaf);
    expect(wrongLeaf(record, { domain: DOMAIN, recover })).toBeUndefined();
  }
  expect(page.feeSum).toBe(String(fees));
  expect(JSON.stringify(page)).not.toContain("Question");
});

test("a long list comes in pages", async () => {
  const { epoch, router } = await answered(5);
  router.currentEpoch = 2;
  const { leaves } = await epoch("1");
  const found: unknown[] = [];
  for (let path = "1?limit=2"; ; ) {
    const page = await epoch(path);
    found.push(...page.leaves);
    expect(page.leaves.length).toBeLessThanOrEqual(2);
    if (page.next === null) break;
    path = `1?limit=2&after=${page.next}`;
  }
  expect(found).toEqual(leaves);
  expect((await epoch("1?limit=0")).leaves).toEqual([]);
});

test.each(["x", "-1", "1.5", "4294967296", "1?limit=2001", "1?after=0x00"])("the epoch %s is refused", async (path) => {
  const { url, router } = await answered(0);
  router.currentEpoch = 2;
  expect((await fetch(`${url}/api/v1/epochs/${path}`)).status).toBe(400);
});

test("a receipt shows its way to the root once its epoch is over, and still holds", async () => {
  const { call, router, tasks } = await answered(3);
  const receipt = async () => parseBundle(await (await call(`/api/v1/receipts/${tasks[0]}`)).json());
  expect((await receipt()).anchors).toBeUndefined();
  router.currentEpoch = 2;
  const bundle = await receipt();
  const [anchor] = bundle.anchors ?? [];
  expect(anchor).toMatchObject({ epoch: 1, root: router.anchorOf(1)?.root });
  const failures = (changed: typeof bundle) =>
    verifyBundle(changed, { recover }).flatMap(({ name, ok }) => (ok ? [] : [name]));
  expect(failures(bundle)).toEqual([]);
  if (anchor === undefined) throw new Error("there is no anchor");
  const other: Hex = `0x${"77".repeat(32)}`;
  for (const change of [{ root: other }, { leaf: other }, { proof: [] }])
    expect(failures({ ...bundle, anchors: [{ ...anchor, ...change }] })).toEqual(["anchor"]);
});
