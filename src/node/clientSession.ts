import { join } from "node:path";
import type { Chain, Faucet } from "../chain/interface.ts";
import type { Signer } from "../keys/interface.ts";
import { sessionId } from "../protocol/eip712.ts";
import type { Session } from "../protocol/records.ts";
import { sessionSchema } from "../protocol/schemas.ts";
import { damaged, readJson, writeJson } from "../util/jsonFile.ts";
import type { Address } from "../util/types.ts";
import { randomBytes32 } from "./identity.ts";

const LIFETIME_S = 365 * 86_400;
const GAS_WEI = 10n ** 17n;

export interface ClientSessionOptions {
  readonly folder: string;
  /** The router's node key: it signs for its operator's own customers, and is paid. */
  readonly router: Address;
  readonly recipient: Address;
  /** Pays for this installation's API keys. */
  readonly operator: Signer;
  readonly depositWei: bigint;
}

/** The session that pays for a router's API-key clients: the kept one while it lives, else a new one, opened on the chain. */
export async function ensureClientSession(
  options: ClientSessionOptions,
  { chain, faucet }: { readonly chain: Chain; readonly faucet: Faucet | undefined },
): Promise<Session> {
  const { folder, operator, depositWei } = options;
  const file = join(folder, "clientSession.json");
  const kept = await readSession(file);
  const state = kept === undefined ? undefined : await chain.session(sessionId(kept));
  if (kept !== undefined && state !== undefined && !state.ended && state.closesAt === 0) return kept;
  // A session that is kept and not on the chain was cut off by a crash before it was opened: it is opened now.
  const session = kept !== undefined && state === undefined ? kept : newSession(options, chain);
  await writeJson(file, session);
  await faucet?.fund(operator.address, { corWei: depositWei, gasWei: GAS_WEI });
  await chain.as(operator).openSession(session, depositWei);
  return session;
}

function newSession({ operator, router, recipient }: ClientSessionOptions, chain: Chain): Session {
  return {
    payer: operator.address,
    signer: router,
    payee: router,
    recipient,
    terms: `0x${"00".repeat(32)}`,
    expiry: chain.head().timestamp + LIFETIME_S,
    salt: randomBytes32(),
  };
}

async function readSession(file: string): Promise<Session | undefined> {
  const value = await readJson(file);
  if (value === undefined) return undefined;
  const parsed = sessionSchema.safeParse(value);
  if (!parsed.success) throw damaged(file, { reason: "it holds no payment session" });
  return parsed.data;
}
