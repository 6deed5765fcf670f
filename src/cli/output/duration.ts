/** A length of time for people: two units at most. `milliseconds` is not negative. */
export function duration(milliseconds: number): string {
  if (milliseconds < 99.5) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 1440) return two([Math.floor(minutes / 60), "h"], [minutes % 60, "min"]);
  const hours = Math.floor(minutes / 60);
  return two([Math.floor(hours / 24), "d"], [hours % 24, "h"]);
}

function two(big: readonly [number, string], small: readonly [number, string]): string {
  return small[0] === 0 ? `${big[0]} ${big[1]}` : `${big[0]} ${big[1]} ${small[0]} ${small[1]}`;
}
