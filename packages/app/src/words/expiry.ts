import { durationText } from "./amounts.ts";

/** When a session ends if nobody uses it, by this page's clock. */
export interface Expiry {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Milliseconds from the last use to the end. */
  readonly lifetime: number;
}

const hour = 3_600_000;

/** Time before the end from which it is said: an hour, or a quarter of a life that is shorter than four. */
function notice({ lifetime }: Expiry): number {
  return Math.min(hour, lifetime / 4);
}

/** `in 42 min`; undefined while there is time. */
export function expiryText(expiry: Expiry | undefined, now: number): string | undefined {
  if (!expiry) return undefined;
  const left = expiry.at - now;
  if (left > notice(expiry)) return undefined;
  return left < 60_000 ? "within a minute" : `in ${durationText(left / 1000)}`;
}
