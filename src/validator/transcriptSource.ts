import type { NodeAsker, Target } from "../audit/nodeAsker.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Transcript } from "../protocol/transcript.ts";
import type { Address, Clock, Hex } from "../util/types.ts";
import type { ListedLeaf } from "./leafList.ts";

/** A miner is asked through so many routers beside the one of the leaf. */
const OTHER_ROUTES = 2;

export interface SourceDeps {
  readonly asker: Pick<NodeAsker, "transcript">;
  readonly clock: Clock;
  /** How long one node may take for one answer. */
  readonly answerMs: number;
}

export interface Routes {
  readonly epoch: number;
  /** The multiaddr of each router. */
  readonly routers: ReadonlyMap<Address, string>;
  /** Nodes that let a question wait in this round; they are not asked again in it, so that none stops all others. */
  readonly silent: Set<Address>;
}

/** `withheld`: nobody will ever give it. `later`: somebody may. `unasked`: nobody was asked in this round. */
export type Sought = Transcript | "withheld" | "later" | "unasked";

type Answer = Transcript | "never" | "later" | "unasked";

/** Gets the transcript of a drawn leaf from its router, else from its miner through other routers and that one. */
export class TranscriptSource {
  readonly #deps: SourceDeps;

  constructor(deps: SourceDeps) {
    this.#deps = deps;
  }

  /** Rejects with the signal's reason only. */
  async seek(leaf: ListedLeaf, routes: Routes, signal: AbortSignal): Promise<Sought> {
    const answers: Answer[] = [];
    for (const { by, node } of waysTo(leaf, [...routes.routers.keys()])) {
      const via = routes.routers.get(by);
      if (via === undefined) continue;
      const answer = routes.silent.has(node)
        ? "unasked"
        : await this.#ask({ via, node, leaf: leaf.leaf }, routes, signal);
      if (answer === "later" && by === node) routes.silent.add(node);
      if (typeof answer === "object") return answer;
      answers.push(answer);
    }
    if (answers.every((answer) => answer === "never")) return "withheld";
    return answers.every((answer) => answer === "unasked") ? "unasked" : "later";
  }

  async #ask(
    target: Omit<Target, "epoch"> & { readonly leaf: Hex },
    { epoch, silent }: Routes,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { asker, clock, answerMs } = this.#deps;
    const late = new AbortController();
    const cancel = clock.after(answerMs, () => late.abort(new DOMException("no answer in time", "TimeoutError")));
    try {
      return await asker.transcript({ ...target, epoch }, AbortSignal.any([signal, late.signal]));
    } catch (error) {
      signal.throwIfAborted();
      // A router that waits for a miner is not to blame for it.
      if (late.signal.aborted) silent.add(target.node);
      return isFinal(error) ? "never" : "later";
    } finally {
      cancel();
    }
  }
}

/** What comes back wrong, or is refused for good, does not come back right. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof CortensorError)) return false;
  if (error.code === "peer-protocol") return true;
  return error.code === "audit-refused" && error.details.data?.["retryable"] === false;
}

function waysTo(
  { leaf, router, miner }: ListedLeaf,
  routers: readonly Address[],
): readonly { readonly by: Address; readonly node: Address }[] {
  const others = routers.filter((each) => each !== router);
  const first = others.length === 0 ? 0 : Number(BigInt(leaf) % BigInt(others.length));
  const routes = [...others.slice(first), ...others.slice(0, first)].slice(0, OTHER_ROUTES);
  return [{ by: router, node: router }, ...[...routes, router].map((by) => ({ by, node: miner }))];
}
