import { writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { NetworkPreset } from "../../../src/chain/interface.ts";
import { joinNetwork } from "../../../src/config/joinNetwork.ts";
import { PresetFolder } from "../../../src/config/presets.ts";
import { testFolder } from "../../support/folder.ts";

const local: NetworkPreset = {
  schema: "cortensor.network/1",
  name: "local",
  practice: true,
  chainId: 31_337,
  rpc: ["http://192.168.1.20:8545"],
  runtime: `0x${"71c409be".repeat(5)}`,
  block: 3,
};
const signal = new AbortController().signal;

function fileWith(content: unknown): string {
  const file = join(testFolder(), "preset.json");
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/preset.json`;
}

describe("joining a network", () => {
  it("never calls another machine's practice network local", async () => {
    const presets = new PresetFolder(testFolder());
    const joined = await joinNetwork(fileWith(local), { presets, signal });
    expect(joined).toEqual({ ...local, name: "local-71c409" });
    expect(await presets.names()).toEqual(["local-71c409"]);
    expect(await joinNetwork(fileWith(local), { presets, signal })).toEqual(joined);
    expect(await presets.names()).toEqual(["local-71c409"]);
  });

  it("keeps a network's own name, and takes new endpoints of the same one", async () => {
    const presets = new PresetFolder(testFolder());
    const harbor = { ...local, name: "harbor" };
    await joinNetwork(fileWith(harbor), { presets, signal });
    await joinNetwork(fileWith({ ...harbor, rpc: ["http://192.168.1.21:8545"] }), { presets, signal });
    expect(await presets.list()).toEqual([{ ...harbor, rpc: ["http://192.168.1.21:8545"] }]);
  });

  it("does not replace another network of the same name", async () => {
    const presets = new PresetFolder(testFolder());
    const harbor = { ...local, name: "harbor" };
    const impostor = { ...harbor, runtime: `0x${"bad0".repeat(10)}` as const };
    await joinNetwork(fileWith(harbor), { presets, signal });
    expect((await joinNetwork(fileWith(impostor), { presets, signal })).name).toBe("harbor-bad0ba");
    expect(await presets.read("harbor")).toEqual(harbor);
  });

  it("only looks when it is not to keep", async () => {
    const presets = new PresetFolder(testFolder());
    expect((await joinNetwork(fileWith(local), { presets, signal, keep: false })).name).toBe("local-71c409");
    expect(await presets.names()).toEqual([]);
  });

  it.each([["{ half"], ["[]"], [JSON.stringify({ ...local, chainId: "x" })]])(
    "refuses a file with %s",
    async (content) => {
      const presets = new PresetFolder(testFolder());
      await expect(joinNetwork(fileWith(content), { presets, signal })).rejects.toMatchObject({
        code: "preset-invalid",
      });
      expect(await presets.names()).toEqual([]);
    },
  );

  it("says so when there is no such file, or a folder instead", async () => {
    const folder = testFolder();
    const presets = new PresetFolder(folder);
    await expect(joinNetwork(join(folder, "none.json"), { presets, signal })).rejects.toMatchObject({
      code: "preset-invalid",
    });
    await expect(joinNetwork(folder, { presets, signal })).rejects.toMatchObject({ message: `${folder} is a folder` });
  });

  it("takes a preset from an address", async () => {
    const url = await serve((_, response) => response.end(JSON.stringify({ ...local, name: "harbor" })));
    const presets = new PresetFolder(testFolder());
    expect((await joinNetwork(url, { presets, signal })).name).toBe("harbor");
    expect(await presets.names()).toEqual(["harbor"]);
  });

  it.each<[string, RequestListener, string]>([
    ["an error", (_, response) => void response.writeHead(404).end("{}"), "HTTP 404"],
    ["more than a preset can be", (_, response) => void response.end("x".repeat(70_000)), "more than 65,536 bytes"],
    ["a broken line", (_, response) => void response.destroy(), "other side closed"],
  ])("refuses %s", async (_, answer, seen) => {
    const presets = new PresetFolder(testFolder());
    await expect(joinNetwork(await serve(answer), { presets, signal })).rejects.toMatchObject({
      code: "peer-unreachable",
      details: { why: [["seen", seen]] },
    });
    expect(await presets.names()).toEqual([]);
  });

  it("stops when it is told to", async () => {
    const controller = new AbortController();
    const url = await serve(() => controller.abort());
    const joining = joinNetwork(url, { presets: new PresetFolder(testFolder()), signal: controller.signal });
    await expect(joining).rejects.toMatchObject({ name: "AbortError" });
  });
});
