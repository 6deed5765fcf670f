import { CortensorError } from "../errors/cortensorError.ts";
import type { Options } from "../util/option.ts";

/** How the chain is reached. */
export const chainOptions = {
  rpc: {
    type: "string",
    default: undefined,
    describe: "RPC endpoints of the chain, with commas between, tried in order; without it those of the network preset",
  },
} as const satisfies Options;

/** The chain that a practice network brings along. */
export const embeddedChainOptions = {
  port: {
    type: "integer",
    default: 8545,
    min: 0,
    max: 65535,
    describe: "port of the embedded chain's RPC; 0 takes a free one",
  },
} as const satisfies Options;

/** The endpoints in `rpc`. Throws option-value. */
export function rpcList(rpc: string): readonly string[] {
  const urls = rpc
    .split(",")
    .map((url) => url.trim())
    .filter((url) => url !== "");
  const wrong = urls.find((url) => !isHttp(url));
  if (urls.length > 0 && wrong === undefined) return urls;
  throw new CortensorError(
    "option-value",
    "the chain's RPC endpoints are http or https addresses with commas between",
    {
      why: [["found", wrong ?? "an empty list"]],
      try: "cortensor config set chain.rpc https://rpc.example.org,http://127.0.0.1:8545",
      data: { option: "chain.rpc", value: rpc },
    },
  );
}

function isHttp(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
