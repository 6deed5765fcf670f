import { cleanup, render } from "ink-testing-library";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { StatusSnapshot } from "../../../src/observability/snapshot.ts";
import { Dashboard, type DashboardProps } from "../../../src/tui/Dashboard.tsx";
import { Feed } from "../../../src/tui/feed.ts";
import { FakeClock } from "../../support/fakeClock.ts";
import { busyFacts, NOW, snapshotOf } from "../../support/statusFixtures.ts";

const UP = "\u001b[A";
const DOWN = "\u001b[B";
const ESCAPE = "\u001b";
const CTRL_C = "\u0003";

/** What a key does shows a frame later. */
async function soon(check: () => void): Promise<void> {
  await vi.waitFor(check, { interval: 5, timeout: 5000 });
}

async function open(props: Partial<DashboardProps> = {}, snapshots: StatusSnapshot[] = [snapshotOf()]) {
  const clock = new FakeClock(NOW);
  let reads = 0;
  const read = async (): Promise<StatusSnapshot> =>
    snapshots[Math.min(reads++, snapshots.length - 1)] as StatusSnapshot;
  const feed = new Feed({ read, intervalMs: 1000 }, { clock });
  await feed.start();
  const onQuit = vi.fn();
  const onInterrupt = vi.fn();
  const app = render(
    <Dashboard
      feed={feed}
      intervalMs={1000}
      ascii={false}
      size={{ columns: 100, rows: 30 }}
      onQuit={onQuit}
      onInterrupt={onInterrupt}
      {...props}
    />,
  );
  onTestFinished(async () => {
    await feed.stop();
    cleanup();
  });
  // Keys written before anybody listens would be lost.
  await soon(() => expect(app.stdin.listenerCount("readable")).toBe(1));
  const rows = (): string[] => (app.lastFrame() ?? "").split("\n");
  return {
    clock,
    onQuit,
    onInterrupt,
    rows,
    reads: () => reads,
    press: (...keys: string[]) => keys.forEach((key) => app.stdin.write(key)),
    shows: (check: (rows: string[]) => void) => soon(() => check(rows())),
  };
}

function selected(rows: string[]): string | undefined {
  return /▸ (\S+)/.exec(rows.find((row) => row.includes("▸")) ?? "")?.[1];
}

describe("keys", () => {
  test("arrows, j and k, g and G select; the ends hold", async () => {
    const app = await open();
    expect(selected(app.rows())).toBe("router-1");
    for (const [key, name] of [
      [DOWN, "miner-1"],
      ["j", "miner-2"],
      ["j", "miner-2"],
      ["k", "miner-1"],
      [UP, "router-1"],
      [UP, "router-1"],
      ["G", "miner-2"],
      ["g", "router-1"],
    ] as const) {
      app.press(key);
      await app.shows((rows) => expect(selected(rows)).toBe(name));
    }
  });

  test("the selection follows the node, and stays where it was when the node leaves", async () => {
    const facts = busyFacts();
    const before = { ...facts[2]!, name: "alpha-1", role: "router" as const, address: `0x${"0".repeat(40)}` as const };
    const app = await open({}, [
      snapshotOf(),
      snapshotOf({ facts: [before, ...facts] }),
      snapshotOf({ facts: facts.filter(({ name }) => name !== "miner-1") }),
    ]);
    app.press("j");
    await app.shows((rows) => expect(selected(rows)).toBe("miner-1"));
    await app.clock.pass(1000);
    await app.shows((rows) => expect(rows[6]).toContain("alpha-1"));
    expect(selected(app.rows())).toBe("miner-1");
    await app.clock.pass(1000);
    await app.shows((rows) => expect(rows.join()).not.toContain("miner-1 "));
    expect(selected(app.rows())).toBe("miner-2");
  });

  test("begins at the node that was asked for", async () => {
    const app = await open({ node: "miner-2" });
    expect(selected(app.rows())).toBe("miner-2");
    app.press("k");
    await app.shows((rows) => expect(selected(rows)).toBe("miner-1"));
  });

  test("Space freezes the picture and lets it go on", async () => {
    const later = snapshotOf({ facts: busyFacts().map((one) => ({ ...one, chain: { ...one.chain, block: 1900 } })) });
    const app = await open({}, [snapshotOf(), later]);
    app.press(" ");
    await app.shows((rows) => expect(rows.at(-1)).toContain("frozen at"));
    await app.clock.pass(2000);
    expect(app.rows()[0]).toContain("block 1,842");
    app.press(" ");
    await app.shows((rows) => expect(rows[0]).toContain("block 1,900"));
    expect(app.rows().at(-1)).toContain("updated");
  });

  test("? opens the help and any key closes it", async () => {
    const app = await open();
    app.press("?");
    await app.shows((rows) => expect(rows[0]).toMatch(/1 Health .*\[Help\]/));
    expect(app.rows().join("\n")).toContain("freeze the picture");
    app.press("q");
    await app.shows((rows) => expect(rows[1]).toContain("[1 Health]"));
    expect(app.onQuit).not.toHaveBeenCalled();
  });

  test("u looks again now", async () => {
    const app = await open();
    const before = app.reads();
    app.press("u");
    await soon(() => expect(app.reads()).toBe(before + 1));
  });

  test("q quits; Esc never does; Ctrl-C interrupts", async () => {
    const app = await open();
    app.press(ESCAPE);
    app.press("j");
    await app.shows((rows) => expect(selected(rows)).toBe("miner-1"));
    expect(app.onQuit).not.toHaveBeenCalled();
    app.press("q");
    await soon(() => expect(app.onQuit).toHaveBeenCalledOnce());
    app.press(CTRL_C);
    await soon(() => expect(app.onInterrupt).toHaveBeenCalledOnce());
  });

  test("where nodes would stop, q asks; Esc stays, other keys do nothing, an answer leaves", async () => {
    const stop = vi.fn();
    const quitChoices = {
      question: "Stop the practice network?",
      choices: [
        { key: "s", word: "stop", choose: stop },
        { key: "b", word: "run on in the background", choose: vi.fn() },
      ],
    };
    const app = await open({ quitChoices });
    app.press("q");
    const asked = " Stop the practice network?   s stop   b run on in the background   Esc stay";
    await app.shows((rows) => expect(rows.at(-1)).toBe(asked));
    app.press(ESCAPE);
    await app.shows((rows) => expect(rows.at(-1)).toContain("q quit"));
    app.press("s");
    app.press("q");
    await app.shows((rows) => expect(rows.at(-1)).toBe(asked));
    app.press("x");
    app.press("q");
    expect(stop).not.toHaveBeenCalled();
    app.press("s");
    await soon(() => expect(app.onQuit).toHaveBeenCalledOnce());
    expect(stop).toHaveBeenCalledOnce();
  });

  test("keys that came in one piece all count", async () => {
    const app = await open();
    app.press("jj");
    await app.shows((rows) => expect(selected(rows)).toBe("miner-2"));
  });
});

describe("the picture", () => {
  test("grows old when no answer comes", async () => {
    const never = new Promise<StatusSnapshot>(() => {});
    const clock = new FakeClock(NOW);
    let reads = 0;
    const feed = new Feed(
      { read: () => (reads++ === 0 ? Promise.resolve(snapshotOf()) : never), intervalMs: 1000 },
      { clock },
    );
    await feed.start();
    const app = render(
      <Dashboard
        feed={feed}
        intervalMs={1000}
        ascii={true}
        size={{ columns: 80, rows: 24 }}
        onQuit={vi.fn()}
        onInterrupt={vi.fn()}
      />,
    );
    onTestFinished(async () => {
      await feed.stop();
      cleanup();
    });
    await soon(() => expect(app.stdin.listenerCount("readable")).toBe(1));
    await clock.pass(38_000);
    await soon(() => expect(app.lastFrame()).toContain("38 s old"));
    expect(app.lastFrame()).toMatch(/^[ -~\n]*$/);
  });

  test("before the first answer says what it does, or why it cannot", async () => {
    const clock = new FakeClock(NOW);
    const feed = new Feed({ read: () => Promise.reject(new Error("no home")), intervalMs: 1000 }, { clock });
    const app = render(
      <Dashboard
        feed={feed}
        intervalMs={1000}
        ascii={false}
        size={{ columns: 80, rows: 24 }}
        onQuit={vi.fn()}
        onInterrupt={vi.fn()}
      />,
    );
    onTestFinished(async () => {
      await feed.stop();
      cleanup();
    });
    expect(app.lastFrame()).toContain("∙ Looking at what runs here.");
    await feed.start();
    await soon(() => expect(app.lastFrame()).toContain("✗ no home."));
  });
});
