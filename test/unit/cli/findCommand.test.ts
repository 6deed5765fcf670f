import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findCommand } from "../../../src/cli/findCommand.ts";
import { registry } from "../../../src/cli/index.ts";
import { parseInput } from "../../../src/cli/parseInput.ts";
import { allCommands } from "../../../src/cli/registry.ts";

function find(line: string) {
  const { path, rest } = findCommand(line.split(" ").filter(Boolean), registry);
  return { path: path.join(" "), rest: rest.join(" ") };
}

describe("the command that a line names", () => {
  it.each([
    ["config get network", "config get", "network"],
    ["--json config get network", "config get", "--json network"],
    ["config --json get network", "config get", "--json network"],
    ["config get --home /x network", "config get", "--home /x network"],
    ["--home config config get network", "config get", "--home config network"],
    ["--home=config config get network", "config get", "--home=config network"],
    ["-q -y config get network", "config get", "-q -y network"],
    ["--log-level debug wallet list", "wallet list", "--log-level debug"],
    // An option of the command, before its name: the word behind may be its value.
    ["--password-file secret wallet new", "wallet new", "--password-file secret"],
    ["wallet --password-file secret new mine", "wallet new", "--password-file secret mine"],
    ["config get -- --json", "config get", "-- --json"],
    ["wallet", "wallet", ""],
    ["wallet --json", "wallet", "--json"],
    ["", "", ""],
    ["--json", "", "--json"],
    ["-- wallet", "", "-- wallet"],
  ])("in %j is %j, with %j left", (line, path, rest) => {
    expect(find(line)).toEqual({ path, rest });
  });

  it.each([
    ["walet new", "wallet", "cortensor wallet"],
    ["WALLET new", "wallet", "cortensor wallet"],
    ["confgi get", "config", "cortensor config"],
    ["wallet lsit", "wallet list", "cortensor wallet list"],
    ["--unknown thing", undefined, "cortensor --help"],
    ["zzzzzz", undefined, "cortensor --help"],
  ])("in %j does not exist; the nearest is %s", (line, near, tryLine) => {
    expect(() => find(line)).toThrow(
      expect.objectContaining({
        code: "unknown-command",
        details: expect.objectContaining({ try: tryLine, ...(near !== undefined && { why: [["nearest", near]] }) }),
      }),
    );
  });

  it("is found or refused with a code of ours for any words", () => {
    const word = fc.oneof(
      fc.constantFrom("wallet", "new", "config", "get", "--json", "--home", "-h", "--", "-", "--x=1", ""),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (argv) => {
        try {
          const { path, rest } = findCommand(argv, registry);
          expect(rest.length + path.length).toBe(argv.length);
        } catch (error) {
          expect(error).toMatchObject({ code: "unknown-command" });
        }
      }),
    );
  });
});

describe("every command", () => {
  const commands = allCommands(registry);

  it("has a name of its own", () => {
    expect(new Set(commands.map(({ path }) => path)).size).toBe(commands.length);
  });

  it.each(commands)("$path has a summary, and two examples that it takes", async ({ path, entry }) => {
    expect(entry.summary).toMatch(/^[a-z].*[^.]$/);
    const command = await entry.load();
    for (const example of command.examples) {
      const [program, ...argv] = example.match(/"[^"]*"|\S+/g)?.map((word) => word.replaceAll('"', "")) ?? [];
      expect(program).toBe("cortensor");
      const found = findCommand(argv, registry);
      expect(found.path.join(" ")).toBe(path);
      parseInput(found.path, command, found.rest);
    }
  });
});
