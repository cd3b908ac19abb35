import { z } from "zod";

/** Text that may stand for "without end". */
const never = z.literal("never").transform(() => Number.POSITIVE_INFINITY);
const unlimited = z.literal("unlimited").transform(() => Number.POSITIVE_INFINITY);

export function wholeNumber(least: number, most: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().min(least).max(most));
}

export function decimal(most: number) {
  return z
    .string()
    .regex(/^\d{1,9}(\.\d{1,9})?$/)
    .transform(Number)
    .pipe(z.number().positive().max(most));
}

/** A time; `never` is infinite. */
export function timeOrNever(most: number) {
  return z.union([never, decimal(most)]);
}

/** A count; `unlimited` is infinite. */
export function countOrUnlimited(most: number) {
  return z.union([unlimited, wholeNumber(1, most)]);
}

/** Bytes, written as `800M` or `6G` (powers of 1024). */
export const byteSize = z
  .string()
  .regex(/^\d{1,6}(\.\d{1,3})?[MG]$/i)
  .transform((text) => Math.floor(Number.parseFloat(text) * (/m$/i.test(text) ? 2 ** 20 : 2 ** 30)))
  .pipe(z.number().min(2 ** 20));

export const yesOrNo = z
  .enum(["1", "true", "yes", "0", "false", "no"])
  .transform((text) => /^(1|true|yes)$/.test(text));

/** Whole numbers between commas. */
export function wholeNumbers(least: number, most: number) {
  return z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim()))
    .pipe(z.array(wholeNumber(least, most)).min(1));
}

/** Texts between commas, each as `entry` wants it. */
export function list(entry: RegExp) {
  return z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim()))
    .pipe(z.array(z.string().regex(entry)).min(1));
}
