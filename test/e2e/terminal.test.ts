import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { program } from "../support/program.ts";

const hasTmux = spawnSync("tmux", ["-V"]).status === 0;

/** The built program in a real terminal of this size, with what it shows, what it is sent, and how it left the terminal. */
function terminal(home: string, { columns, rows }: { columns: number; rows: number }, command: string) {
  const name = `cortensor-test-${process.pid}-${columns}x${rows}-${Math.random().toString(36).slice(2)}`;
  const tmux = (...argv: string[]): string => execFileSync("tmux", ["-L", name, ...argv], { encoding: "utf8" });
  const script = `"${process.execPath}" dist/main.js ${command}; echo "left with $?"; stty -a; exec sleep 600`;
  const size = ["-x", String(columns), "-y", String(rows)];
  tmux("-f", "/dev/null", "new-session", "-d", ...size, "-e", `CORTENSOR_HOME=${home}`, script);
  onTestFinished(() => void tmux("kill-server"));
  const screen = (): string => tmux("capture-pane", "-p");
  const until = async (seen: RegExp): Promise<string> => {
    const end = Date.now() + 60_000;
    while (!seen.test(screen())) {
      if (Date.now() > end) throw new Error(`${seen} was not seen within 60 s; the screen shows\n${screen()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return screen();
  };
  return {
    screen,
    until,
    keys: (...keys: string[]) => void tmux("send-keys", ...keys),
    alternate: () => tmux("display-message", "-p", "#{alternate_on}").trim() === "1",
    shellPid: () => Number(tmux("display-message", "-p", "#{pane_pid}").trim()),
  };
}

/** The process that this one started. */
function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
}

describe.skipIf(!hasTmux)("a terminal", () => {
  test.each([
    ["q and s", 80, 24],
    ["Ctrl-C", 100, 30],
    ["SIGTERM", 80, 24],
  ])("shows the network live, and is clean after %s at %ix%i", async (way, columns, rows) => {
    const { home, run } = await program();
    const { until, keys, alternate, shellPid } = terminal(home, { columns, rows }, "up --port 0 --miners 2");
    // A newcomer is asked for a first prompt, and sees what the network looks like after it.
    await until(/Ask it something/);
    keys("What is a dog?", "Enter");
    await until(/Canis[\s\S]*receipt r_[\s\S]*Enter +the dashboard/);
    keys("Enter");
    const first = await until(/miner-2 +newcomer +(\S+ +)?0\/4/);
    expect(first).toContain("[1 Health]");
    expect(alternate()).toBe(true);
    for (const line of first.split("\n")) expect(line.length).toBeLessThanOrEqual(columns);

    expect((await run("submit", "What is a cat?", "-q")).exitCode).toBe(0);
    // Slots, first token, tokens a second and COR of the miner that answered.
    await until(/miner-\d +newcomer +(\S+ +)?0\/4 +\d+ ms +[\d,.]+ .*0\.0\d*[1-9]/);

    const pid = shellPid();
    if (way === "SIGTERM") process.kill(childOf(pid), "SIGTERM");
    if (way === "Ctrl-C") keys("C-c");
    if (way === "q and s") {
      keys("q");
      await until(/Stop the practice network\?/);
      keys("s");
    }
    const leaving = Date.now();
    const after = await until(/left with \d+[\s\S]*icanon/);
    expect(Date.now() - leaving).toBeLessThan(5000);
    expect(after).toContain("left with 0");
    expect(after).toMatch(/(?<!-)icanon/);
    expect(after).toMatch(/(?<!-)\becho\b/);
    expect(alternate()).toBe(false);
    expect(readdirSync(join(home, "run"))).toEqual([]);
  });

  test("talks: answers stream, Ctrl-C stops one and not the program, Ctrl-D leaves", async () => {
    const { home, run } = await program();
    const script = ["--engine", "scripted", "--script", "rate=20,length=400"];
    expect((await run("up", "--port", "0", "--miners", "1", ...script, "--detach")).exitCode).toBe(0);
    const { until, keys } = terminal(home, { columns: 100, rows: 40 }, "chat --max-tokens 400");
    await until(/scripted.*Ctrl-D leaves\n>/);
    keys("Tell me a story", "Enter");
    await until(/> Tell me a story\n+\s*\w+ \w+ \w+/);
    keys("C-c");
    await until(/stopped; what was receipted is billed\n>/);
    keys("/modle", "Enter");
    await until(/there is no \/modle; nearest: \/model/);
    keys("/model", "Enter");
    await until(/served: scripted/);
    keys("C-d");
    const after = await until(/left with \d+[\s\S]*icanon/);
    expect(after).toContain("left with 0");
    expect(after).toMatch(/(?<!-)\becho\b/);
  });
});
