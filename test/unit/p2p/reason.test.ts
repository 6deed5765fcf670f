import { expect, test } from "vitest";
import { reasonOf, UNKNOWN_REASON } from "../../../src/p2p/libp2p/reason.ts";

const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });

test("a failure of the library becomes words", () => {
  const cases: [unknown, string][] = [
    [Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:9"), { code: "ECONNREFUSED" }), "nothing listens there"],
    [new AggregateError([new Error("getaddrinfo ENOTFOUND router.invalid")], ""), "its name was not found"],
    [
      { type: "error", message: "", error: Object.assign(new Error("x"), { code: "EHOSTUNREACH" }) },
      "there is no way to its host",
    ],
    [named("TimeoutError", "The operation was aborted due to timeout"), "no answer in time"],
    [named("UnsupportedProtocolError", "Protocol selection failed"), "it does not speak this protocol"],
    [
      named("EncryptionFailedError", "Payload identity key A does not match expected remote identity key B"),
      "another node answers there",
    ],
    [named("EncryptionFailedError", "Unexpected EOF"), "it closed the connection"],
    [new Error("something new"), "something new"],
  ];
  for (const [failure, words] of cases) expect(reasonOf(failure)).toBe(words);
});

test("a failure that says nothing has no reason", () => {
  for (const failure of [
    undefined,
    null,
    {},
    new Error(""),
    { type: "error", message: "", error: new TypeError("") },
  ]) {
    expect(reasonOf(failure)).toBe(UNKNOWN_REASON);
  }
});
