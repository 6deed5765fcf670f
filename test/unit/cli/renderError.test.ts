import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lookOf } from "../../../src/cli/output/look.ts";
import { renderError } from "../../../src/cli/renderError.ts";
import { type ErrorCode, ERRORS } from "../../../src/errors/catalogue.ts";
import { CortensorError } from "../../../src/errors/cortensorError.ts";

const look = lookOf({}, { env: {}, flags: { color: false, ascii: false } });
const plain = { look, asJson: false, debug: false };

describe("an error", () => {
  it("has three parts, labels aligned, what to run last", () => {
    const error = new CortensorError("model-memory", "the model needs 5.1 GiB of memory and 3.2 GiB is free", {
      why: [
        ["needed", "4.7 GiB of weights\n0.4 GiB of context"],
        ["why", "x"],
      ],
      try: "cortensor miner start --model qwen3-1.7b",
    });
    expect(renderError(error, plain)).toEqual({
      exitCode: 3,
      text: [
        "error[model-memory]: the model needs 5.1 GiB of memory and 3.2 GiB is free",
        "       needed   4.7 GiB of weights",
        "                0.4 GiB of context",
        "       why      x",
        "       try      cortensor miner start --model qwen3-1.7b",
        "",
      ].join("\n"),
    });
  });

  it("is one line of JSON when asked for, with the same exit code", () => {
    fc.assert(
      fc.property(fc.constantFrom(...(Object.keys(ERRORS) as ErrorCode[])), fc.string(), (code, message) => {
        const error = new CortensorError(code, message, { data: { stakeWei: 2n ** 70n, text: message } });
        const { text, exitCode } = renderError(error, { ...plain, asJson: true });
        expect(text.trimEnd()).not.toContain("\n");
        expect(exitCode).toBe(ERRORS[code].exit);
        expect(JSON.parse(text)).toEqual({
          error: {
            code,
            message,
            data: { stakeWei: "1180591620717411303424", text: message },
            try: `cortensor help ${code}`,
          },
          exit_code: exitCode,
        });
      }),
    );
  });

  it("of ours shows its stack with debug alone", () => {
    const bug = new TypeError("x is not a function", { cause: new Error("deeper") });
    expect(renderError(bug, plain).text).not.toContain("renderError.test");
    const shown = renderError(bug, { ...plain, debug: true });
    expect(shown.exitCode).toBe(1);
    expect(shown.text).toContain("error[internal]: x is not a function");
    expect(shown.text).toContain("renderError.test.ts");
    expect(shown.text).toContain("caused by Error: deeper");
    expect(renderError(new CortensorError("timeout", "x"), { ...plain, debug: true }).text).not.toContain(" at ");
  });

  it.each([
    ["ENOSPC", "disk-full", 3],
    ["EACCES", "file-denied", 3],
    ["EROFS", "file-denied", 3],
    ["EADDRINUSE", "port-in-use", 3],
    ["EWHATEVER", "internal", 1],
  ])("of the system, %s, is %s", (system, code, exitCode) => {
    const error = Object.assign(new Error(`${system}: words`), { code: system, path: "/h/x", port: 5010 });
    const rendered = renderError(error, plain);
    expect(rendered.text).toContain(`error[${code}]`);
    expect(rendered.exitCode).toBe(exitCode);
  });

  it("is silent when somebody stopped the command, except in JSON", () => {
    const abort = new DOMException("stopped", "AbortError");
    expect(renderError(abort, plain)).toEqual({ text: "", exitCode: 130 });
    expect(JSON.parse(renderError(abort, { ...plain, asJson: true }).text)).toMatchObject({
      error: { code: "interrupted" },
      exit_code: 130,
    });
  });

  it.each([undefined, null, "text", 7, {}, new Error("")])("is made of anything that is thrown: %j", (thrown) => {
    expect(renderError(thrown, plain)).toMatchObject({
      exitCode: 1,
      text: expect.stringContaining("error[internal]: "),
    });
  });
});
