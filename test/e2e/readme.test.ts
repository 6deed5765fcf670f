import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { program, runNode } from "../support/program.ts";

let sections: ReadonlyMap<string, string>;

beforeAll(async () => {
  const parts = (await readFile("README.md", "utf8")).split(/^## /m).slice(1);
  sections = new Map(parts.map((part) => [part.split("\n", 1)[0] ?? "", part]));
});

/** The commands of a section in their order, each as its words after `cortensor`. */
function commandsOf(heading: string): readonly (readonly string[])[] {
  const said = [...(sections.get(heading) ?? "").matchAll(/(?:^|`|&& )(?:npx )?cortensor ([a-z].*?)(?: {2,}|`|$)/gm)];
  return said.map(([, line]) =>
    [...(line ?? "").matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? ""),
  );
}

describe("README", () => {
  test("the first minute runs as it stands there", async () => {
    const { run } = await program();
    const commands = commandsOf("The first minute");
    expect(commands.map(([name]) => name)).toEqual(["up", "up", "submit", "status", "env", "verify", "verify", "down"]);
    let receipt = "";
    for (const command of commands) {
      const words = command.map((word) => (word.startsWith("r_") ? receipt : word));
      const { exitCode, stdout, stderr } = await run(...words, ...(words[0] === "up" ? ["--port", "0"] : []));
      expect({ words, exitCode, stderr }).toMatchObject({ words, exitCode: 0 });
      if (words[0] !== "down") expect(stdout).not.toBe("");
      receipt = /receipt (r_\w+)/.exec(stderr)?.[1] ?? receipt;
    }
  });

  test("many prompts and long texts are asked as it stands there", async () => {
    const { home, run } = await program();
    expect((await run("up", "--port", "0", "--detach")).exitCode).toBe(0);
    await writeFile(join(home, "prompts.jsonl"), '"What is a dog?"\n{"prompt": "What is a cat?"}\n');
    await writeFile(join(home, "book.txt"), "A dog is an animal. A cat is an animal too. ".repeat(200));
    for (const command of commandsOf("Many prompts, long texts").filter(([name]) => name === "submit")) {
      const { exitCode, stderr } = await run(...command.map((word) => (/\.\w+$/.test(word) ? join(home, word) : word)));
      expect({ command, exitCode, stderr }).toMatchObject({ command, exitCode: 0 });
    }
    expect(await readFile(join(home, "answers.jsonl"), "utf8")).toMatch(/^\{"line":1.*dog.*\n\{"line":2.*cat.*\n$/);
  });

  test("another machine joins with the preset file alone and serves the first one's router", async () => {
    const first = await program();
    const second = await program();
    const commands = commandsOf("Another machine");
    expect(commands.map(([name]) => name)).toEqual(["up", "network", "miner"]);
    const [up = [], join_ = [], start = []] = commands;
    const host = up.map((word) => (/^\d+\./.test(word) ? "127.0.0.1" : word));
    const ok = { exitCode: 0 };
    expect(await first.run(...host, "--port", "0", "--miners", "0", "--detach")).toMatchObject(ok);
    const preset = join(first.home, "networks", "local.json");
    expect(await second.run(...join_.map((word) => (word.endsWith(".json") ? preset : word)))).toMatchObject(ok);
    const started = await second.run(...start, "--detach", "--json");
    expect(started).toMatchObject(ok);
    const { address } = JSON.parse(started.stdout) as { address: string };
    const answer = await first.run("submit", "What is a cat?", "--json");
    expect(JSON.parse(answer.stdout)).toMatchObject({ text: expect.stringMatching(/\w/), miners: [address] });
    // What the miner earned is its own: the voucher it holds says what the receipt says.
    const [session] = JSON.parse((await second.run("session", "list", "--json")).stdout) as object[];
    const { cost_cor } = JSON.parse(answer.stdout) as { cost_cor: string };
    expect(session).toMatchObject({ state: "open", nodes: [{ role: "earns", voucher_cor: cost_cor }] });
    expect((await second.run("miner", "stop")).exitCode).toBe(0);
  });

  test("miners that die and replicas that are compared", async () => {
    const { run } = await program();
    const commands = commandsOf("When miners die or lie").filter(([name]) => name !== "help");
    expect(commands.map(([name]) => name)).toEqual(["up", "submit", "task"]);
    const [up = [], submit = [], explain = []] = commands;
    expect((await run(...up, "--port", "0")).exitCode).toBe(0);
    const answer = await run(...submit);
    expect(answer).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("dog") });
    expect(answer.stderr).toMatch(
      /all 3 miners gave this answer|of 3 miners gave this answer|2 miners gave this answer/,
    );
    expect(await run(...explain)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("compared with") });
  });

  test("every command of the table exists and has two examples", async () => {
    const { run } = await program();
    const rows = [...(sections.get("Commands") ?? "").matchAll(/^\| (`.*?) +\|/gm)].map(([, cell]) => cell ?? "");
    const commands = rows.flatMap((cell) => {
      const names = [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => (name ?? "").split(" "));
      // `node list`, `show` means `node list` and `node show`.
      const group = names[0]?.length === 2 ? names[0][0] : undefined;
      return names.map((words) =>
        words[0] === "..."
          ? ["miner", ...words.slice(1)]
          : words.length === 1 && group !== undefined
            ? [group, ...words]
            : words,
      );
    });
    expect(commands.length).toBeGreaterThan(20);
    for (const words of commands) {
      const { exitCode, stdout } = await run(...words, "--help");
      expect({
        words,
        exitCode,
        examples: (stdout.split("Examples:")[1] ?? "").split("\n").filter((line) => /^ +cortensor /.test(line)).length,
      }).toMatchObject({ words, exitCode: 0, examples: 2 });
    }
  });

  test("npx finds the program in a checkout", async () => {
    const { stdout } = await promisify(execFile)("npx", ["cortensor", "--version"]);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test("settings are explained", async () => {
    const { run } = await program();
    const commands = commandsOf("Configuration");
    expect(commands).toEqual([["config", "explain", "KEY"]]);
    const { exitCode, stdout } = await run("config", "explain", "router.port");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("CORTENSOR_ROUTER_PORT");
  });

  test("the library's example answers", async () => {
    const { home, run } = await program();
    expect((await run("up", "--port", "0", "--miners", "1", "--detach")).exitCode).toBe(0);
    const up = JSON.parse(await readFile(join(home, "run", "up.json"), "utf8")) as {
      router_url: string;
      api_key: string;
    };
    const example = /```ts\n([\s\S]*?)```/.exec(sections.get("As a library") ?? "")?.[1] ?? "";
    const source = `${example.replace("http://127.0.0.1:5010/v1", up.router_url)}console.log(answer.text);`;
    const { stdout, stderr, exitCode } = await runNode(["--input-type=module-typescript", "--eval", source], {
      OPENAI_API_KEY: up.api_key,
    });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stdout).toMatch(/\w/);
  });
});
