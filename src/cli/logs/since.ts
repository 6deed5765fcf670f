import { CortensorError } from "../../errors/cortensorError.ts";

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** The moment that `--since` names, in milliseconds since 1970: how long ago, or a date. Throws `option-value`. */
export function parseSince(text: string, now: number): number {
  const match = /^(\d{1,9}(?:\.\d+)?)\s*(s|m|min|h|d)$/.exec(text.trim());
  if (match !== null) return now - Number(match[1]) * (UNITS[match[2] ?? ""] ?? 0);
  // Anything else that `Date` understands, such as a lone number, is more likely a slip.
  const at = /^\d{4}-\d\d-\d\d/.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new CortensorError("option-value", `--since takes a time such as 10m, 2h, 1d or a date, not ${text}`, {
    why: [["needed", "a number with s, m, h or d, or a date such as 2026-11-22T14:00"]],
    try: "cortensor logs --since 10m",
    data: { option: "since", value: text },
  });
}
