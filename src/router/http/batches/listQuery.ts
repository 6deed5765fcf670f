import { z } from "zod";

/** OpenAI's way through a long list. */
export const listQuerySchema = z.looseObject({
  limit: z.coerce.number().int().min(1).max(10_000).default(100),
  after: z.string().optional(),
});

/** One page of records that stand newest first, and whether there are more. */
export function pageOf<T extends { readonly id: string }>(
  records: readonly T[],
  { limit, after, show }: z.infer<typeof listQuerySchema> & { show: (record: T) => object },
): object {
  const from = after === undefined ? 0 : records.findIndex(({ id }) => id === after) + 1;
  const page = records.slice(from, from + limit);
  return {
    object: "list",
    data: page.map(show),
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
    has_more: from + page.length < records.length,
  };
}
