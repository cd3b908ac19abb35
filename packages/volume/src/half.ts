/**
 * IEEE 754 half precision (11 significant bits), kept as its 16 bits in a `Uint16Array`; no typed array of Node 20 holds
 * halves. Positive halves order like their bits, so that `max` works on either.
 */

const float64 = new Float64Array(1);
const words = new Uint32Array(float64.buffer);
const highWord = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** The nearest half to a double, ties to even, rounded once; beyond ±65504 (from 65520 on) infinity. */
export function roundToHalf(value: number): number {
  const magnitude = Math.abs(value);
  if (!(magnitude > 0)) return value;
  if (magnitude >= 65520) return value > 0 ? Infinity : -Infinity;
  // Adding 1.5 * 2^52 quanta leaves no bits below one quantum, and the processor rounds halves to even.
  const push = 6755399441055744 * 2 ** (halfExponent(magnitude) - 10);
  return value + push - push;
}

/** Bits of the nearest half. */
export function toHalfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  if (Number.isNaN(value)) return 0x7e00;
  const half = Math.abs(roundToHalf(value));
  if (half === Infinity) return sign | 0x7c00;
  if (half < 2 ** -14) return sign | (half * 2 ** 24);
  const exponent = halfExponent(half);
  return sign | ((exponent + 15) << 10) | (half * 2 ** (10 - exponent) - 1024);
}

/** The value of a half. */
export function fromHalfBits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

/** Exponent of a positive double as a half would have it: never below that of the smallest normal half. */
function halfExponent(magnitude: number): number {
  float64[0] = magnitude;
  return Math.max(-14, ((words[highWord] >>> 20) & 0x7ff) - 1023);
}
