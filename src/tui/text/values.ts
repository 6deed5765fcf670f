import type { Address } from "../../util/types.ts";
import { formatCor, parseCor } from "../../util/money.ts";

/** Where there is no value. */
export const NONE = "-";

export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** `45.1`, `1,031`: tokens a second. */
export function rate(value: number): string {
  if (value > 0 && value < 0.05) return "< 0.1";
  return value < 999.5 ? value.toFixed(1) : count(value);
}

/** `212 ms`, `12.3 s`. */
export function latency(ms: number): string {
  return ms < 9999.5 ? `${count(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** An amount in COR or in a native coin, given exactly: two decimals from 1, four below, cut and never rounded up. */
export function amount(exact: string): string {
  const wei = parseCor(exact);
  if (wei === undefined) return exact;
  if (wei === 0n) return "0.00";
  const shown = formatCor(wei, "balance");
  return shown === "0.0000" ? "< 0.0001" : shown;
}

/** A length of time at a glance: `38 s`, `57 min`, `5 h 12 min`, `5 d 5 h`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return both(`${hours} h`, minutes % 60, "min");
  return both(`${Math.floor(hours / 24)} d`, hours % 24, "h");
}

function both(big: string, small: number, unit: string): string {
  return small === 0 ? big : `${big} ${small} ${unit}`;
}

/** `14:02:31`, local time. */
export function clockTime(ms: number): string {
  return [...hoursAndMinutes(ms), two(new Date(ms).getSeconds())].join(":");
}

/** `14:02`, with the day in front when it is not today: `22 Nov 14:02`. */
export function when(at: string, now: number): string {
  const date = new Date(at);
  const time = hoursAndMinutes(date.getTime()).join(":");
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.getDate()} ${date.toLocaleDateString("en-GB", { month: "short" })} ${time}`;
}

function hoursAndMinutes(ms: number): string[] {
  const date = new Date(ms);
  return [two(date.getHours()), two(date.getMinutes())];
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** `0x8f3a…e210`. */
export function shortAddress(address: Address): string {
  return `${address.slice(0, 6)}…${address.slice(-4)}`;
}

const BARS = "▁▂▃▄▅▆▇█";

/** One bar a point, the highest point a whole one. */
export function sparkline(points: readonly number[]): string {
  const most = Math.max(...points, 0);
  return points
    .map((point) => BARS[most <= 0 ? 0 : Math.min(BARS.length - 1, Math.floor((point / most) * BARS.length))])
    .join("");
}

/** A sentence ends with a full stop, whoever wrote it. */
export function sentence(text: string): string {
  return /[.?:]$/.test(text) ? text : `${text}.`;
}
