import { FetchRequest, JsonRpcProvider, Network, isError } from "ethers";

const TIMEOUT_MS = 5000;
/** Calls made in the same instant share a request; many public endpoints refuse long batches. */
const BATCH = 20;
/** JSON-RPC code of an endpoint that has had enough of us. */
const LIMIT_EXCEEDED = -32005;

/** An endpoint did not answer a call, as opposed to answering it with an error. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

/** One RPC endpoint, which is asked for its chain before it is believed. */
export class Endpoint {
  readonly url: string;
  readonly #chainId: number | undefined;
  #provider: JsonRpcProvider | undefined;
  #checked: Promise<void> | undefined;
  #error: string | undefined;

  constructor(url: string, chainId: number | undefined) {
    this.url = url;
    this.#chainId = chainId;
  }

  /** Why it did not answer last time. */
  get error(): string | undefined {
    return this.#error;
  }

  /** The chain it belongs to, when that is another than ours. */
  foreignChain: number | undefined;

  /** Throws `NoAnswer`, or the error with which the endpoint answered. */
  async call(method: string, params: readonly unknown[]): Promise<unknown> {
    try {
      this.#checked ??= this.#check();
      await this.#checked;
      const result = await this.#send(method, params);
      this.#error = undefined;
      return result;
    } catch (error) {
      if (answered(error)) {
        this.#error = undefined;
        throw error;
      }
      this.#error = reasonOf(error);
      // What answers here next time may be another chain.
      this.#checked = undefined;
      throw new NoAnswer(this.#error, { cause: error });
    }
  }

  close(): void {
    this.#provider?.destroy();
    this.#provider = undefined;
    this.#checked = undefined;
  }

  async #check(): Promise<void> {
    if (this.#chainId === undefined) return;
    const chainId = Number(await this.#send("eth_chainId", []));
    this.foreignChain = chainId === this.#chainId ? undefined : chainId;
    if (this.foreignChain !== undefined) throw new NoAnswer(`it is chain ${chainId}, not ${this.#chainId}`);
  }

  #send(method: string, params: readonly unknown[]): Promise<unknown> {
    this.#provider ??= providerFor(this.url);
    return this.#provider.send(method, [...params]) as Promise<unknown>;
  }
}

function providerFor(url: string): JsonRpcProvider {
  const request = new FetchRequest(url);
  request.timeout = TIMEOUT_MS;
  // Another endpoint is asked rather than the same one again.
  request.retryFunc = () => Promise.resolve(false);
  // Only keeps ethers from asking for the chain itself.
  const network = Network.from(1);
  return new JsonRpcProvider(request, network, { staticNetwork: network, batchMaxCount: BATCH, batchStallTime: 0 });
}

function answered(error: unknown): boolean {
  if (isError(error, "UNKNOWN_ERROR")) return rpcErrorOf(error)?.code !== LIMIT_EXCEEDED;
  return (
    isError(error, "CALL_EXCEPTION") ||
    isError(error, "INSUFFICIENT_FUNDS") ||
    isError(error, "NONCE_EXPIRED") ||
    isError(error, "REPLACEMENT_UNDERPRICED")
  );
}

/** The error object of a JSON-RPC answer, wherever ethers put it. */
export function rpcErrorOf(error: unknown): { readonly code?: number; readonly message?: string } | undefined {
  const holder = error as { error?: unknown; info?: { error?: unknown } } | undefined;
  const found = holder?.info?.error ?? holder?.error;
  return typeof found === "object" && found !== null ? found : undefined;
}

function reasonOf(error: unknown): string {
  if (error instanceof NoAnswer) return error.message;
  if (isError(error, "TIMEOUT")) return `timeout ${TIMEOUT_MS / 1000} s`;
  if (isError(error, "SERVER_ERROR")) {
    const status = error.response?.statusCode;
    return status === undefined || status >= 599 ? "the server failed" : `HTTP ${status}`;
  }
  if (isError(error, "UNSUPPORTED_OPERATION") || isError(error, "BAD_DATA")) return "the answer is no JSON-RPC";
  const { code, message } = error as { code?: string; message?: string };
  if (code === "ECONNREFUSED") return "connection refused";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "its name is not known";
  return rpcErrorOf(error)?.message ?? message ?? String(error);
}
