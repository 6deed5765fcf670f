import type { WholeReply } from "../../client/index.ts";

/** One request and what it was made of. `--json` shows the whole tree. */
export interface TreeNode {
  readonly kind: "map" | "reduce";
  /** What it read of the input, in UTF-8 bytes: from the first to before the second. */
  readonly bytes: readonly [from: number, to: number];
  readonly text: string;
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number };
  readonly cost_cor: string | null;
  readonly miner: string | null;
  readonly receipt: string | null;
  /** The answers that this one was put together from. */
  readonly parts?: readonly TreeNode[];
}

export function leafOf(reply: WholeReply, bytes: TreeNode["bytes"]): TreeNode {
  return { kind: "map", bytes, ...factsOf(reply) };
}

export function parentOf(reply: WholeReply, parts: readonly TreeNode[]): TreeNode {
  const bytes = [parts[0]?.bytes[0] ?? 0, parts.at(-1)?.bytes[1] ?? 0] as const;
  return { kind: "reduce", bytes, ...factsOf(reply), parts };
}

function factsOf(reply: WholeReply): Omit<TreeNode, "kind" | "bytes" | "parts"> {
  return {
    text: reply.text,
    usage: { prompt_tokens: reply.usage.promptTokens, completion_tokens: reply.usage.outputTokens },
    cost_cor: reply.costCor,
    miner: reply.miner,
    receipt: reply.receiptId,
  };
}

/** Levels above the leaves. */
export function heightOf({ parts = [] }: TreeNode): number {
  return parts.length === 0 ? 0 : 1 + Math.max(...parts.map(heightOf));
}

export function leavesOf(node: TreeNode): number {
  return node.parts === undefined ? 1 : node.parts.reduce((sum, part) => sum + leavesOf(part), 0);
}
