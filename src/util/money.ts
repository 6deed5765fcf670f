/** COR and every native coin have 18 decimals. */
export const COR_DECIMALS = 18;
const UNIT = 10n ** BigInt(COR_DECIMALS);

/** Wei of a decimal amount such as `1.5`; undefined when it is no plain decimal or has more than 18 places. */
export function parseCor(text: string): bigint | undefined {
  const match = /^(\d{1,12})(?:\.(\d{1,18}))?$/.exec(text.trim());
  if (match === null) return undefined;
  return BigInt(match[1] ?? "0") * UNIT + BigInt((match[2] ?? "").padEnd(COR_DECIMALS, "0"));
}

/** Wei of a number of COR, to the ninth place: for settings, never for balances. */
export function weiOfCor(cor: number): bigint {
  return BigInt(Math.round(cor * 1e9)) * 10n ** 9n;
}

/** Wei per token of a price in COR per million tokens. */
export function weiPerToken(corPerMillion: number): bigint {
  return weiOfCor(corPerMillion) / 1_000_000n;
}

/** COR per million tokens of a price in wei per token. */
export function corPerMillion(weiPerToken: bigint): number {
  return Number(weiPerToken * 1_000_000n) / 1e18;
}

/**
 * Decimal COR of an amount in wei. `exact` keeps every digit that is not a trailing zero; `balance` has two decimals from 1
 * COR on and four below; `answer` has five. Cut, never rounded up.
 */
export function formatCor(wei: bigint, style: "exact" | "balance" | "answer" = "exact"): string {
  const sign = wei < 0n ? "-" : "";
  const size = wei < 0n ? -wei : wei;
  const whole = (size / UNIT).toString();
  const fraction = (size % UNIT).toString().padStart(COR_DECIMALS, "0");
  if (style === "exact") return `${sign}${whole}.${fraction}`.replace(/\.?0+$/, "") || "0";
  const places = style === "answer" ? 5 : size >= UNIT ? 2 : 4;
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return `${sign}${grouped}.${fraction.slice(0, places)}`;
}
