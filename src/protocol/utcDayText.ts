const MONTHS = "January February March April May June July August September October November December".split(" ");
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

/**
 * What `strftime(format)` of Python shows, locale `en`, at midnight UTC of the day of `seconds` (since 1970). Directives
 * that it does not know stay as they are.
 */
export function utcDayText(seconds: number, format: string): string {
  const date = new Date(Math.floor(seconds / 86_400) * 86_400_000);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth();
  const day = date.getUTCDate();
  const two = (value: number): string => String(value).padStart(2, "0");
  const dayOfYear = (date.getTime() - Date.UTC(year, 0, 1)) / 86_400_000 + 1;
  const parts: Record<string, string> = {
    Y: String(year),
    y: two(year % 100),
    m: two(month + 1),
    "-m": String(month + 1),
    d: two(day),
    "-d": String(day),
    e: String(day).padStart(2),
    B: MONTHS[month] ?? "",
    b: (MONTHS[month] ?? "").slice(0, 3),
    h: (MONTHS[month] ?? "").slice(0, 3),
    A: DAYS[date.getUTCDay()] ?? "",
    a: (DAYS[date.getUTCDay()] ?? "").slice(0, 3),
    j: String(dayOfYear).padStart(3, "0"),
    F: `${year}-${two(month + 1)}-${two(day)}`,
    D: `${two(month + 1)}/${two(day)}/${two(year % 100)}`,
    H: "00",
    I: "12",
    M: "00",
    S: "00",
    p: "AM",
    T: "00:00:00",
    R: "00:00",
    Z: "UTC",
    z: "+0000",
    "%": "%",
  };
  return format.replaceAll(/%(-?[A-Za-z]|%)/g, (whole, directive: string) => parts[directive] ?? whole);
}
