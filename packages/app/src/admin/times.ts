const units = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
] as const;

/** `just now`, `3 min ago`, `in 21 h`: how far `time` (ISO 8601) is from `now` (milliseconds), in its largest unit. */
export function distanceText(time: string, now: number): string {
  const seconds = (Date.parse(time) - now) / 1000;
  for (const [length, unit] of units) {
    if (seconds <= -length) return `${Math.floor(-seconds / length)} ${unit} ago`;
    if (seconds >= length) return `in ${Math.round(seconds / length)} ${unit}`;
  }
  return seconds <= 0 ? "just now" : "in a moment";
}
