import { z } from "zod";
import type { NetworkPreset } from "../chain/interface.ts";
import { CortensorError } from "../errors/cortensorError.ts";
import type { Address } from "../util/types.ts";

/** A network's name is also a file's name and a word on the command line. */
export const NETWORK_NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, "an address has 40 hexadecimal digits")
  .transform((text) => text.toLowerCase() as Address);

const endpoint = z.string().max(512).refine(isEndpoint, "an endpoint is a URL that begins with http: or https:");

function isEndpoint(text: string): boolean {
  return URL.canParse(text) && ["http:", "https:"].includes(new URL(text).protocol);
}

const schema = z.strictObject({
  schema: z.literal("cortensor.network/1"),
  name: z.string().regex(NETWORK_NAME, "a name has small letters, digits and hyphens, 40 at most"),
  practice: z.boolean(),
  chainId: z.int().positive(),
  rpc: z.array(endpoint).min(1).max(16),
  runtime: address,
  block: z.int().nonnegative(),
  treasury: address.optional(),
});

/** A preset from a file or from elsewhere. Throws `preset-invalid`, naming where it is from and the field that is wrong. */
export function parsePreset(value: unknown, from: string): NetworkPreset {
  const result = schema.safeParse(value);
  if (result.success) {
    const { treasury, ...preset } = result.data;
    return treasury === undefined ? preset : { ...preset, treasury };
  }
  const why = result.error.issues.slice(0, 5).map(({ path, message }) => {
    const field = path.length === 0 ? "the whole" : path.join(".");
    return ["found", `${field}: ${message}`] as const;
  });
  throw new CortensorError("preset-invalid", `${from} is not a network preset`, { why, data: { from } });
}
