import { onTestFinished, expect, test } from "vitest";
import { AuditBook } from "../../../src/audit/auditBook.ts";
import { AuditServer, type AuditServerDeps } from "../../../src/audit/auditServer.ts";
import { NodeAsker } from "../../../src/audit/nodeAsker.ts";
import { MemoryChain } from "../../../src/chain/index.ts";
import { createMailbox, createSigner, newPrivateKey, recover, sealTo } from "../../../src/keys/index.ts";
import { createSilentLog } from "../../../src/observability/log.ts";
import { createMemoryNetwork } from "../../../src/p2p/index.ts";
import { PROTOCOLS } from "../../../src/p2p/interface.ts";
import { digest, registerHash } from "../../../src/protocol/eip712.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import { AUDIT, testVault } from "../../support/auditParts.ts";
import { FakeClock } from "../../support/fakeClock.ts";
import { randomHex } from "../../support/roleNetwork.ts";

const COR = 10n ** 18n;
const soon = (): AbortSignal => AbortSignal.timeout(5000);

async function served(change: Partial<AuditServerDeps> = {}) {
  const chain = new MemoryChain({}, { recover });
  const [signer, validator, owner] = [1, 2, 3].map(() => createSigner(newPrivateKey())) as [
    ReturnType<typeof createSigner>,
    ReturnType<typeof createSigner>,
    ReturnType<typeof createSigner>,
  ];
  await chain.fund(owner.address, { corWei: 200n * COR, gasWei: COR });
  const consent = validator.sign(digest(chain.domain, registerHash({ owner: owner.address, role: 2 })));
  const stakeWei = chain.parameters.minimumStakeWei;
  await chain.as(owner).register({ address: validator.address, role: "validator", stakeWei, addresses: [], consent });
  chain.advance(60);
  const store = new MemoryStore();
  await store.start();
  const log = createSilentLog();
  const clock = new FakeClock();
  const audit = new AuditBook(AUDIT, { chain, store, vault: testVault(), clock, log });
  const lines = createMemoryNetwork();
  const [here, there] = [lines.transport(signer.address), lines.transport(validator.address)];
  new AuditServer({ audit, chain, signer, recover, sealTo, clock, log, mayForward: () => false, ...change }).serve(
    (protocol, accept) => here.handle(protocol, accept),
  );
  await Promise.all([here.start(), there.start()]);
  onTestFinished(async () => {
    await Promise.all([here.stop(), there.stop()]);
  });
  const asker = new NodeAsker({
    chain,
    transport: there,
    newMailbox: createMailbox,
    signer: validator,
    recover,
    randomBytes32: () => randomHex(32),
  });
  const via = here.addresses()[0] ?? "";
  const ping = async (signal = soon()): Promise<unknown> =>
    await asker.pong({ via, node: signer.address, epoch: 1 }, signal).then(
      () => "pong",
      (error: unknown) => error,
    );
  return { chain, clock, ping, there, via };
}

test("a validator that asks for too much waits, and is served again later", async () => {
  const { ping, clock } = await served({ rate: { bytesPerSecond: 1024, burstBytes: 3000 } });
  const outcomes = [await ping(), await ping(), await ping(), await ping()];
  expect(outcomes.slice(0, 3)).toEqual(["pong", "pong", "pong"]);
  expect(outcomes[3]).toMatchObject({
    code: "audit-refused",
    details: { data: { code: "rate-limited", retryable: true } },
  });
  await clock.pass(3000);
  expect(await ping()).toBe("pong");
});

test("while the chain is away nobody is known, and that is no final answer", async () => {
  const { ping, chain } = await served();
  chain.setReachable(false);
  expect(await ping()).toMatchObject({ details: { data: { code: "busy", retryable: true } } });
  chain.setReachable(true);
  expect(await ping()).toBe("pong");
  chain.setReachable(false);
  // The list was read a moment ago.
  expect(await ping()).toBe("pong");
});

test("a stream on which nothing is asked is closed", async () => {
  const { there, via, clock } = await served();
  const stream = await there.open(via, PROTOCOLS.audit, soon());
  const end = stream.frames[Symbol.asyncIterator]().next();
  await new Promise((resolve) => setImmediate(resolve));
  await clock.pass(60_000);
  expect((await end).done).toBe(true);
});

test("a question that is called off ends quietly", async () => {
  const { ping } = await served();
  expect(await ping(AbortSignal.abort())).toMatchObject({ name: "AbortError" });
});
