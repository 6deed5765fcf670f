import * as fc from "fast-check";
import { renderToString } from "ink";
import { describe, expect, test } from "vitest";
import type { StatusSnapshot } from "../../../src/observability/snapshot.ts";
import { healthScreen } from "../../../src/tui/health/healthScreen.ts";
import type { View } from "../../../src/tui/health/view.ts";
import { helpScreen } from "../../../src/tui/helpScreen.ts";
import { Rows } from "../../../src/tui/Rows.tsx";
import { asciiLine, lineWidth, textOf } from "../../../src/tui/text/line.ts";
import { amount } from "../../../src/tui/text/values.ts";
import { addressOf, busyFacts, factsOf, NOW, snapshotOf, wei } from "../../support/statusFixtures.ts";

type Patch = Partial<View> & { readonly columns: number; readonly rows: number };

function view(patch: Patch): View {
  const snapshot = patch.snapshot ?? snapshotOf();
  return {
    snapshot,
    now: NOW + 1400,
    updatedAt: NOW,
    intervalMs: 1000,
    selected: snapshot.nodes[0]?.address,
    frozen: false,
    question: undefined,
    ...patch,
  };
}

/** The screen as Ink draws it. Times are local, so they are put into the time zone of the fixtures. */
function drawn(patch: Patch, ascii = false): string[] {
  const lines = healthScreen(view(patch));
  const text = renderToString(<Rows lines={ascii ? lines.map(asciiLine) : lines} height={patch.rows} />, {
    columns: patch.columns,
  });
  return text
    .replace(/\d\d:\d\d:\d\d/g, "14:02:32")
    .replace(/(?<![:\d])\d\d:(\d\d)(?!:)/g, "13:$1")
    .split("\n")
    .map((row) => row.trimEnd());
}

function chainAway(): StatusSnapshot {
  const detail = "http://127.0.0.1:8545: no answer";
  return snapshotOf({
    facts: busyFacts().map((one) => ({ ...one, chain: { ...one.chain, reachable: false, detail } })),
  });
}

describe("a network at work", () => {
  test("at 100x30", () => {
    expect(drawn({ columns: 100, rows: 30 })).toEqual([
      " cortensor · local, practice · epoch 12, 57 min left · block 1,842 · 3 of 3 nodes live     14:02:32",
      " [1 Health]                                                                                  ? help",
      "",
      " ✓ All well. Nothing needs you.",
      "",
      " Your nodes  state     model            slots  first token  tok/s  tasks/h  failed   rep  COR today",
      " ▸ router-1  serving   cortensor-tiny     2/8       190 ms  1,031       94       0     -       0.00",
      "   miner-1   serving   cortensor-tiny     2/4       212 ms   45.1       88       0  0.99       2.36",
      "   miner-2   newcomer  qwen3-1.7b-q8_0    0/4        96 ms   60.4        6       0  6/10       0.00",
      "",
      " Money                                             Network",
      " today           2.36 COR                          tasks a minute      182  ▂▃▅▇███▇████",
      " waiting        13.45 COR  redeems itself          tokens a second   6,420  ▂▂▃▅▇███████",
      " in all        240.35 COR                          first token        190 ms half, 840 ms 95%",
      " gas           0.0183 ETH",
      "",
      " router-1 · http://127.0.0.1:5010/v1 · serving for 4 h 50 min · sparkly-cedar-snail · 0xcccc…cccc",
      "",
      " Lately",
      " 13:48  miner-1   redeemed 0.17 COR",
      " 13:41  router-1  router-1 is serving",
      ...Array.from({ length: 8 }, () => ""),
      " ↑↓ node   Space freeze   u look again   q quit                                     updated 1 s ago",
    ]);
  });

  test("at 80x24", () => {
    expect(drawn({ columns: 80, rows: 24, selected: addressOf("d") })).toEqual([
      " cortensor · local, practice · epoch 12, 57 min left · 3 of 3 live     14:02:32",
      " [1 Health]                                                              ? help",
      "",
      " ✓ All well. Nothing needs you.",
      "",
      " Your nodes  state     slots  first token  tok/s  failed   rep  COR today",
      "   router-1  serving     2/8       190 ms  1,031       0     -       0.00",
      "   miner-1   serving     2/4       212 ms   45.1       0  0.99       2.36",
      " ▸ miner-2   newcomer    0/4        96 ms   60.4       0  6/10       0.00",
      "",
      " Money",
      " today           2.36 COR",
      " waiting        13.45 COR  redeems itself",
      " in all        240.35 COR",
      " gas           0.0183 ETH",
      "",
      " Network        182 tasks a minute ▂▃▅▇███▇████   190 ms first token",
      "",
      " miner-2 · newcomer for 4 h 50 min · strong-eggshell-capybara · 0xdddd…dddd",
      "",
      " Lately",
      " 13:48  miner-1   redeemed 0.17 COR",
      " 13:41  router-1  router-1 is serving",
      " ↑↓ node   Space freeze   u look again   q quit                 updated 1 s ago",
    ]);
  });

  test("at 60x16 what is least needed has left", () => {
    expect(drawn({ columns: 60, rows: 16 })).toEqual([
      " cortensor · local, practice · 3 of 3 live         14:02:32",
      " [1 Health]                                          ? help",
      "",
      " ✓ All well. Nothing needs you.",
      "",
      " Your nodes  state     slots  failed   rep  COR today",
      " ▸ router-1  serving     2/8       0     -       0.00",
      "   miner-1   serving     2/4       0  0.99       2.36",
      "   miner-2   newcomer    0/4       0  6/10       0.00",
      "",
      " Money",
      " today           2.36 COR",
      " waiting        13.45 COR  redeems itself",
      " in all        240.35 COR",
      " gas           0.0183 ETH",
      " ↑↓ node  Space freeze  q quit              updated 1 s ago",
    ]);
  });

  test("below 60x16 there is the first sentence and a row a node", () => {
    expect(drawn({ columns: 40, rows: 5 })).toEqual([
      " ✓ All well. Nothing needs you.",
      " ▸ router-1        serving      0.00 COR",
      "   miner-1         serving      2.36 COR",
      "   miner-2         newcomer     0.00 COR",
      "",
    ]);
  });

  test("from 140 columns on there is a log beside, and every column", () => {
    const rows = drawn({ columns: 210, rows: 20 });
    expect(rows[3]).toMatch(/^ ✓ All well\. Nothing needs you\. +Lately$/);
    expect(rows[5]).toContain("Your nodes  public name");
    expect(rows[5]).toMatch(/COR today {2}COR in all {3,}13:41 {2}router-1 {2}router-1 is serving$/);
    expect(rows[7]).toContain("0xaaaa…aaaa  serving");
  });

  test("in ASCII nothing shifts", () => {
    const [plain, ascii] = [drawn({ columns: 100, rows: 30 }), drawn({ columns: 100, rows: 30 }, true)];
    expect(ascii.map(({ length }) => length)).toEqual(plain.map(({ length }) => length));
    expect(ascii.join("")).toMatch(/^[ -~]*$/);
    expect(ascii.slice(3, 8)).toEqual([
      " + All well. Nothing needs you.",
      "",
      " Your nodes  state     model            slots  first token  tok/s  tasks/h  failed   rep  COR today",
      " > router-1  serving   cortensor-tiny     2/8       190 ms  1,031       94       0     -       0.00",
      "   miner-1   serving   cortensor-tiny     2/4       212 ms   45.1       88       0  0.99       2.36",
    ]);
    expect(ascii.at(-1)).toMatch(/^ \^v node {3}Space freeze/);
  });
});

describe("unusual states", () => {
  test("the chain is away: what was tried, what is safe, what is late", () => {
    expect(drawn({ columns: 80, rows: 24, snapshot: chainAway() }).slice(3, 10)).toEqual([
      " ! The chain does not answer. Your nodes go on serving.",
      "   tried    http://127.0.0.1:8545: no answer",
      "   safe     13.45 COR of vouchers, on disk; redeemed when it is back",
      "   late     redeeming waits; orders go on",
      "   try      cortensor config set chain.rpc URL,URL · u looks again",
      "",
      " Your nodes  state     slots  first token  tok/s  failed   rep  COR today",
    ]);
  });

  test("a cause that lasts says for how long", () => {
    const snapshot = chainAway();
    const [first] = drawn({ columns: 80, rows: 24, snapshot, now: NOW + 185_000, updatedAt: NOW + 185_000 }).slice(3);
    expect(first).toBe(" ! The chain does not answer. Your nodes go on serving.  for 3 min");
  });

  test("nothing runs: the four doors", () => {
    expect(drawn({ columns: 80, rows: 24, snapshot: snapshotOf({ facts: [] }) })).toEqual([
      " cortensor                                                             14:02:32",
      " [1 Health]                                                              ? help",
      "",
      " Nothing runs here yet.",
      "   Try it   a practice network on this machine     cortensor up",
      "   Earn     serve models with this machine         cortensor miner start",
      "   Build    an endpoint for your app               cortensor up --detach",
      "   Watch    a network without serving in it        cortensor network join URL",
      ...Array.from({ length: 15 }, () => ""),
      " Space freeze   u look again   q quit                           updated 1 s ago",
    ]);
  });

  test("a node is down while its supervisor brings it back, and another has died", () => {
    const lost = { role: "miner", network: "local", owner: addressOf("b"), pid: null, why: "gone" } as const;
    const snapshot = snapshotOf({
      facts: busyFacts().slice(1, 2),
      unreachable: [
        { ...lost, name: "miner-1", address: addressOf("a"), since: new Date(NOW).toISOString() },
        { ...lost, name: "miner-2", address: addressOf("d"), since: new Date(NOW).toISOString() },
      ],
      fleet: {
        processes: [
          {
            name: "miner-1",
            role: "miner",
            pid: 1,
            state: "restarting",
            restarts: 2,
            uptime_s: 0,
            cpu: 0,
            rss_bytes: 0,
            url: null,
          },
        ],
      },
    });
    const rows = drawn({ columns: 80, rows: 24, snapshot });
    expect(rows.slice(3, 12)).toEqual([
      " ✗ miner-2 is down.",
      "   why      its process ended without being stopped",
      "   safe     keys, receipts and vouchers, on disk",
      "   try      cortensor miner start --name miner-2 · u looks again",
      " ! miner-1 restarts, the 2nd time.",
      "",
      " Your nodes  state       slots  first token  tok/s  failed   rep  COR today",
      " ▸ router-1  serving       2/8       190 ms  1,031       0     -       0.00",
      "   miner-1   restarting      -            -      -       0     -       0.00",
    ]);
    expect(rows[0]).toContain("1 of 3 live");
  });

  test("many causes: the first with all there is to know, two by their sentence, the rest counted", () => {
    const snapshot = snapshotOf();
    const attention = ["a", "b", "c", "d", "e"].map((code) => ({
      code,
      severity: "warn" as const,
      node: null,
      text: `cause ${code}`,
      since: snapshot.at,
      try: null,
    }));
    expect(drawn({ columns: 80, rows: 30, snapshot: { ...snapshot, attention } }).slice(3, 7)).toEqual([
      " ! cause a.",
      " ! cause b.",
      " ! cause c.",
      "   and 2 more: cortensor status --plain",
    ]);
  });

  test("while nodes start it does not say that all is well", () => {
    const snapshot = snapshotOf({
      facts: [
        factsOf({ state: "starting", stateSince: new Date(NOW).toISOString(), startedAt: new Date(NOW).toISOString() }),
      ],
    });
    expect(drawn({ columns: 80, rows: 24, snapshot })[3]).toBe(" ∙ Starting. 0 of 1 nodes live.");
  });

  test("values older than three intervals are dim and say their age", () => {
    const roles = (updatedAt: number): Set<string> =>
      new Set(
        healthScreen(view({ columns: 100, rows: 30, updatedAt }))
          .slice(3, 20)
          .flat()
          .map(({ role }) => role),
      );
    expect([...roles(NOW + 1400 - 3100)]).toEqual(["muted"]);
    expect(roles(NOW + 1400 - 2900).size).toBeGreaterThan(2);
    expect(drawn({ columns: 80, rows: 24, updatedAt: NOW + 1400 - 38_000 }).at(-1)).toMatch(/q quit +38 s old$/);
  });

  test("frozen, it says since when", () => {
    expect(drawn({ columns: 80, rows: 24, frozen: true }).at(-1)).toMatch(/Space go on .* frozen at 14:02:32$/);
  });

  test("a question takes the place of the keys, and of the last node on a small screen", () => {
    const question = {
      text: "Stop the practice network?",
      answers: [
        { key: "s", word: "stop" },
        { key: "b", word: "run on" },
      ],
    };
    expect(drawn({ columns: 80, rows: 24, question }).at(-1)).toBe(
      " Stop the practice network?   s stop   b run on   Esc stay",
    );
    expect(drawn({ columns: 30, rows: 4, question }).at(-1)).toBe("s stop  b run on  Esc stay");
  });
});

describe("text from elsewhere", () => {
  test("cannot move the cursor, paint, or shift a column", () => {
    const models = [{ name: "a\u001b[2J\u0007模型\u202eb.gguf", modelId: "0x1" as const }];
    const lately = [{ at: new Date(NOW).toISOString(), text: "one\r\ntwo\u001b]0;title\u0007 🎉" }];
    const snapshot = snapshotOf({ facts: [factsOf({ models, lately })] });
    const rows = drawn({ columns: 100, rows: 30, snapshot });
    expect(rows[6]).toContain("a[2J??b.gguf ");
    expect(rows.join("\n")).toContain("miner-1  one two]0;title ?");
  });
});

describe("any terminal, any snapshot", () => {
  const words = fc.string({ minLength: 0, maxLength: 60, unit: "grapheme" });
  const facts = fc.record({
    state: fc.constantFrom("starting", "serving", "draining", "paused" as const),
    model: words,
    lately: words,
    reason: fc.option(words, { nil: null }),
    cor: fc.integer({ min: 0, max: 999_999_999 }),
    slots: fc.integer({ min: 0, max: 999 }),
    ttftMs: fc.option(fc.double({ min: 0, max: 1e7, noNaN: true }), { nil: null }),
    reachable: fc.boolean(),
    name: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,39}$/),
  });
  const size = fc.record({ columns: fc.integer({ min: 20, max: 240 }), rows: fc.integer({ min: 2, max: 60 }) });

  test("no row is wider than the screen, there are no more rows than fit, and what must stay stays", () => {
    fc.assert(
      fc.property(size, fc.array(facts, { maxLength: 40 }), fc.nat(), (screen, all, pick) => {
        const snapshot = snapshotOf({
          facts: all.map((one, at) =>
            factsOf({
              name: one.name,
              address: `0x${at.toString(16).padStart(40, "0")}`,
              state: one.state,
              stateReason: one.reason,
              models: [{ name: one.model, modelId: "0x1" }],
              slots: { busy: one.slots, total: one.slots },
              chain: { reachable: one.reachable, detail: one.reason },
              work: { ttftMs: one.ttftMs, tasksLastHour: one.slots },
              money: { receiptedWei: wei(one.cor), receiptedTodayWei: wei(one.cor) },
              lately: [{ at: new Date(NOW).toISOString(), text: one.lately }],
            }),
          ),
        });
        const selected = snapshot.nodes[pick % Math.max(1, all.length)];
        const lines = healthScreen(view({ ...screen, snapshot, selected: selected?.address }));
        expect(lines.length).toBeLessThanOrEqual(screen.rows);
        for (const line of lines) expect(lineWidth(line)).toBeLessThanOrEqual(screen.columns);
        const text = lines.map(textOf);
        if (selected !== undefined) expect(text.filter((row) => row.startsWith(" ▸"))).toHaveLength(1);
        if (screen.columns < 60 || screen.rows < 16 || all.length === 0) return;
        expect(lines).toHaveLength(screen.rows);
        expect(text.some((row) => row.startsWith(" Money"))).toBe(true);
        const heading = text.findIndex((row) => row.startsWith(" Your nodes"));
        expect(text[heading]).toMatch(/state .*COR (today|in all)(?!.*…)/);
        // Numbers are never cut.
        expect(text.find((row) => row.startsWith(" ▸"))).toContain(amount(selected?.earned_today_cor ?? ""));
      }),
      { numRuns: 150 },
    );
  });

  test("so for the help", () => {
    fc.assert(
      fc.property(size, ({ columns, rows }) => {
        const lines = helpScreen({ columns, rows });
        expect(lines.length).toBeLessThanOrEqual(rows);
        for (const line of lines) expect(lineWidth(line)).toBeLessThanOrEqual(columns);
      }),
    );
  });
});
