import type { WholeReply } from "../../client/index.ts";
import { CortensorError } from "../../errors/cortensorError.ts";
import { mapPrompt, reducePrompt, wholePrompt } from "./prompts.ts";
import { LEAST_BYTES, type Room } from "./room.ts";
import { splitText } from "./splitText.ts";
import { leafOf, parentOf, type TreeNode } from "./tree.ts";

export interface MapReduceDeps {
  /** One request; waits and tries again by itself. `context-length` when the prompt does not fit. */
  ask(prompt: string, maxTokens: number): Promise<WholeReply>;
  /** Runs all of them, several at once, and keeps their order. */
  all<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]>;
  /** Called after each request, with how many are known to be needed at this stage. */
  progress(stage: "map" | "reduce", done: number, all: number): void;
}

interface Chunk {
  readonly text: string;
  readonly from: number;
}

/** Asks an instruction of a text of any length. */
export class MapReduce {
  readonly #instruction: string;
  readonly #room: Room;
  readonly #deps: MapReduceDeps;

  constructor({ instruction, room }: { instruction: string; room: Room }, deps: MapReduceDeps) {
    this.#instruction = instruction;
    this.#room = room;
    this.#deps = deps;
  }

  async run(text: string): Promise<TreeNode> {
    const chunks = this.#chunks({ text, from: 0 }, this.#room.textBytes);
    return await this.#reduceAll(await this.#mapAll(chunks));
  }

  async #mapAll(chunks: readonly Chunk[]): Promise<readonly TreeNode[]> {
    let [done, all] = [0, chunks.length];
    const prompt = chunks.length === 1 ? wholePrompt : mapPrompt;
    const map = async (chunk: Chunk, asked: typeof mapPrompt): Promise<readonly TreeNode[]> => {
      const bytes = Buffer.byteLength(chunk.text);
      const reply = await this.#askFitting(asked(this.#instruction, chunk.text), bytes > LEAST_BYTES);
      if (reply !== undefined) {
        this.#deps.progress("map", (done += 1), all);
        return [leafOf(reply, [chunk.from, chunk.from + bytes])];
      }
      const halves = this.#chunks(chunk, Math.ceil(bytes / 2));
      all += halves.length - 1;
      // One after the other: the lane that this runs in is one request wide.
      const nodes: TreeNode[] = [];
      for (const half of halves) nodes.push(...(await map(half, mapPrompt)));
      return nodes;
    };
    return (await this.#deps.all(chunks, (chunk) => map(chunk, prompt))).flat();
  }

  async #reduceAll(nodes: readonly TreeNode[]): Promise<TreeNode> {
    let level = nodes;
    for (;;) {
      const [root, ...others] = level;
      if (root === undefined) throw new Error("there is nothing to put together");
      if (others.length === 0) return root;
      const groups = this.#groups(level);
      let done = 0;
      const reduced = await this.#deps.all(groups, async (group) => {
        const merged = await this.#reduce(group);
        this.#deps.progress("reduce", (done += 1), groups.length);
        return merged;
      });
      level = reduced.flat();
    }
  }

  /** One answer of a group's; several when they did not fit together and were put together in halves. */
  async #reduce(group: readonly TreeNode[]): Promise<readonly TreeNode[]> {
    if (group.length === 1) return group;
    const answers = group.map(({ text }) => text);
    const reply = await this.#askFitting(reducePrompt(this.#instruction, answers), group.length > 2);
    if (reply !== undefined) return [parentOf(reply, group)];
    const middle = Math.ceil(group.length / 2);
    return [...(await this.#reduce(group.slice(0, middle))), ...(await this.#reduce(group.slice(middle)))];
  }

  /** Neighbours that fit into one request by our guess, never fewer than two, so that each level is shorter. */
  #groups(nodes: readonly TreeNode[]): readonly (readonly TreeNode[])[] {
    const groups: TreeNode[][] = [];
    let bytes = Number.POSITIVE_INFINITY;
    for (const node of nodes) {
      const size = Buffer.byteLength(node.text) + 8;
      const last = groups.at(-1);
      if (last !== undefined && (last.length < 2 || bytes + size <= this.#room.textBytes)) {
        last.push(node);
        bytes += size;
      } else {
        groups.push([node]);
        bytes = size;
      }
    }
    return groups;
  }

  /** Undefined when the prompt has to be smaller: it did not fit, or what it left of the context cut the answer short. */
  async #askFitting(prompt: string, divisible: boolean): Promise<WholeReply | undefined> {
    const { answerTokens } = this.#room;
    try {
      const reply = await this.#deps.ask(prompt, answerTokens);
      const squeezed = reply.finishReason === "length" && reply.usage.outputTokens < answerTokens;
      return squeezed && divisible ? undefined : reply;
    } catch (error) {
      if (divisible && error instanceof CortensorError && error.code === "context-length") return undefined;
      throw error;
    }
  }

  #chunks({ text, from }: Chunk, maxBytes: number): readonly Chunk[] {
    let at = from;
    return splitText(text, maxBytes).map((part) => {
      const chunk = { text: part, from: at };
      at += Buffer.byteLength(part);
      return chunk;
    });
  }
}
