import { expect, test } from "vitest";
import { rpcList } from "../../../src/chain/options.ts";

test("endpoints are separated by commas, with or without spaces", () => {
  expect(rpcList("http://127.0.0.1:8545")).toEqual(["http://127.0.0.1:8545"]);
  expect(rpcList("https://a.example/key, https://b.example ,")).toEqual(["https://a.example/key", "https://b.example"]);
});

test.each(["", " , ", "127.0.0.1:8545", "ws://a.example", "https://a.example,nonsense"])(
  "%j names no endpoint",
  (text) => {
    expect(() => rpcList(text)).toThrowError(expect.objectContaining({ code: "option-value" }));
  },
);
