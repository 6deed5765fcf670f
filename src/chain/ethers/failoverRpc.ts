import { CortensorError } from "../../errors/cortensorError.ts";
import { Endpoint, NoAnswer } from "./endpoint.ts";

/** A JSON-RPC connection. */
export interface Rpc {
  /** Throws `rpc-unreachable`, or the error with which an endpoint answered. */
  call(method: string, params: readonly unknown[]): Promise<unknown>;
}

/** JSON-RPC over several endpoints: each call tries all, beginning with the one that answered last. */
export class FailoverRpc implements Rpc {
  readonly #endpoints: readonly Endpoint[];
  #first = 0;

  /** Without a chain id, endpoints of any chain are believed. */
  constructor(urls: readonly string[], chainId: number | undefined) {
    this.#endpoints = urls.map((url) => new Endpoint(url, chainId));
  }

  async call(method: string, params: readonly unknown[]): Promise<unknown> {
    const begin = this.#first;
    for (let step = 0; step < this.#endpoints.length; step += 1) {
      const at = (begin + step) % this.#endpoints.length;
      try {
        const result = await this.#endpoints[at]?.call(method, params);
        this.#first = at;
        return result;
      } catch (error) {
        if (error instanceof NoAnswer) continue;
        this.#first = at;
        throw error;
      }
    }
    throw this.#unreachable();
  }

  /** Asks every endpoint for its chain. Throws `chain-mismatch` when one belongs to another, `rpc-unreachable` when none answers. */
  async checkAll(network: string, chainId: number): Promise<void> {
    const answers = await Promise.allSettled(this.#endpoints.map((endpoint) => endpoint.call("eth_chainId", [])));
    const foreign = this.#endpoints.find((endpoint) => endpoint.foreignChain !== undefined);
    if (foreign !== undefined) {
      throw new CortensorError(
        "chain-mismatch",
        `${shown(foreign.url)} is chain ${foreign.foreignChain} and ${network} is chain ${chainId}`,
        {
          why: [["why", "the endpoint belongs to another network"]],
          try: `cortensor network show ${network}`,
          data: { url: shown(foreign.url), found: foreign.foreignChain, expected: chainId, network },
        },
      );
    }
    const good = answers.findIndex((answer) => answer.status === "fulfilled");
    if (good < 0) throw this.#unreachable();
    this.#first = good;
  }

  endpoints(): readonly { readonly url: string; readonly ok: boolean; readonly error?: string }[] {
    return this.#endpoints.map(({ url, error }) =>
      error === undefined ? { url, ok: true } : { url, ok: false, error },
    );
  }

  close(): void {
    for (const endpoint of this.#endpoints) endpoint.close();
  }

  #unreachable(): CortensorError {
    const count = this.#endpoints.length;
    const sentence = count === 1 ? "the chain endpoint does not answer" : `none of ${count} chain endpoints answers`;
    return new CortensorError("rpc-unreachable", sentence, {
      why: this.#endpoints.map(({ url, error }) => ["why", `${shown(url)}: ${error ?? "no answer"}`] as const),
      try: "cortensor config set chain.rpc URL,URL",
      data: { endpoints: this.#endpoints.map(({ url, error }) => ({ url: shown(url), error })) },
    });
  }
}

/** Without path and query, which often hold a key. */
export function shown(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : "an endpoint";
}

/** The chain of the first endpoint that answers. Throws `rpc-unreachable`. */
export async function askChainId(urls: readonly string[]): Promise<number> {
  const rpc = new FailoverRpc(urls, undefined);
  try {
    return Number(await rpc.call("eth_chainId", []));
  } finally {
    rpc.close();
  }
}
