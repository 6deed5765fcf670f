import { expect, test } from "vitest";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import type { Transcript } from "../../../src/protocol/transcript.ts";
import { systemClock } from "../../../src/util/clock.ts";
import type { Address } from "../../../src/util/types.ts";
import type { ListedLeaf } from "../../../src/validator/leafList.ts";
import { TranscriptSource } from "../../../src/validator/transcriptSource.ts";

const NEVER = new AbortController().signal;
const node = (n: number): Address => `0x${n.toString(16).padStart(2, "0").repeat(20)}`;
const [ROUTER, MINER] = [node(1), node(9)];
const LEAF: ListedLeaf = {
  leaf: `0x${"00".repeat(32)}`,
  order: `0x${"0a".repeat(32)}`,
  model: `0x${"0b".repeat(32)}`,
  router: ROUTER,
  miner: MINER,
};
const FOUND = { leaf: LEAF.leaf } as Transcript;
type Reply = "found" | "never" | "later" | "broken" | "silent" | "away";

/** Each question as `via node`, and what comes back for it. */
async function sought(
  reply: (question: string) => Reply,
  { routers = 2, silent = [] as Address[], signal = NEVER } = {},
) {
  const asked: string[] = [];
  const transcript = async ({ via, node: to }: { via: string; node: Address }, until: AbortSignal) => {
    const question = `${via} ${to === MINER ? "miner" : "router"}`;
    asked.push(question);
    until.throwIfAborted();
    const replied = reply(question);
    if (replied === "found") return FOUND;
    if (replied === "broken") throw new CortensorError("peer-protocol", "it is signed by somebody else");
    if (replied === "away") throw new CortensorError("peer-unreachable", "no line");
    if (replied !== "silent")
      throw new CortensorError("audit-refused", "it is refused", { data: { retryable: replied === "later" } });
    return await new Promise<never>((_, reject) => {
      until.addEventListener("abort", () => reject(until.reason as Error));
    });
  };
  const source = new TranscriptSource({ asker: { transcript }, clock: systemClock, answerMs: 10 });
  const known = Array.from({ length: routers }, (_, n) => [node(n + 1), `r${n + 1}`] as const);
  const routes = { epoch: 1, routers: new Map(known), silent: new Set(silent) };
  const found = await source.seek(LEAF, routes, signal);
  return { found, asked, silent: [...routes.silent] };
}

test("a router is asked first, and its miner only when it has nothing: through others before itself", async () => {
  expect(await sought(() => "found")).toMatchObject({ found: FOUND, asked: ["r1 router"] });
  expect(await sought((question) => (question === "r2 miner" ? "found" : "never"))).toMatchObject({
    found: FOUND,
    asked: ["r1 router", "r2 miner"],
  });
  expect(await sought(() => "never")).toMatchObject({
    found: "withheld",
    asked: ["r1 router", "r2 miner", "r1 miner"],
  });
});

test("a miner is asked through a few routers only, however many there are", async () => {
  expect((await sought(() => "never", { routers: 50 })).asked).toHaveLength(4);
});

test("what is refused for good or broken everywhere is withheld, and what one may still give is not", async () => {
  expect((await sought((question) => (question === "r1 router" ? "broken" : "never"))).found).toBe("withheld");
  for (const reply of ["later", "away", "silent"] as const)
    for (const at of ["r1 router", "r2 miner", "r1 miner"])
      expect((await sought((question) => (question === at ? reply : "never"))).found).toBe("later");
});

test("who lets a question wait is not asked again in the round, and no router is silent for its miner", async () => {
  expect((await sought((question) => (question === "r1 router" ? "silent" : "never"))).silent).toEqual([ROUTER]);
  expect((await sought((question) => (question === "r1 router" ? "later" : "never"))).silent).toEqual([ROUTER]);
  expect((await sought((question) => (question === "r2 miner" ? "silent" : "never"))).silent).toEqual([MINER]);
  expect((await sought((question) => (question === "r2 miner" ? "away" : "never"))).silent).toEqual([]);
  expect(await sought(() => "found", { silent: [ROUTER, MINER] })).toMatchObject({ found: "unasked", asked: [] });
});

test("an abort is an abort, and no answer", async () => {
  const signal = AbortSignal.abort();
  await expect(sought(() => "found", { signal })).rejects.toMatchObject({ name: "AbortError" });
});
