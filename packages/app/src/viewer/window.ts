import type { Vec3 } from "@septum/volume";

/** Values shown between black and white. CT in HU; others in the file's own values. */
export interface Window {
  readonly lower: number;
  readonly upper: number;
}

export interface WindowPreset {
  readonly name: string;
  readonly width: number;
  readonly level: number;
}

/** Usual CT windows in HU, most used first. */
export const ctPresets: readonly WindowPreset[] = [
  { name: "Soft tissue", width: 400, level: 40 },
  { name: "Lung", width: 1500, level: -600 },
  { name: "Liver", width: 150, level: 90 },
  { name: "Bone", width: 2000, level: 500 },
  { name: "Brain", width: 80, level: 40 },
  { name: "Mediastinum", width: 350, level: 50 },
  { name: "Stroke", width: 40, level: 40 },
  { name: "Subdural", width: 200, level: 75 },
  { name: "Angio", width: 600, level: 300 },
  { name: "Air", width: 1000, level: -426 },
];

export interface Intensities {
  /** Such as `int16` or `float32`. */
  readonly dtype: string;
  readonly range: readonly [least: number, largest: number];
  /** 0.5 and 99.5 percentiles of the nonzero voxels. */
  readonly percentiles: readonly [lower: number, upper: number];
}

/** What can be told of a scan's values from about a hundred thousand of them, spread evenly. */
export function sampledIntensities(
  [ni, nj, nk]: Vec3,
  valueAt: (voxel: Vec3) => number | undefined,
): Intensities | undefined {
  const step = Math.max(1, Math.round(Math.cbrt((ni * nj * nk) / 100_000)));
  const values: number[] = [];
  for (let k = step >> 1; k < nk; k += step) {
    for (let j = step >> 1; j < nj; j += step) {
      for (let i = step >> 1; i < ni; i += step) {
        const value = valueAt([i, j, k]);
        if (value !== undefined && Number.isFinite(value)) values.push(value);
      }
    }
  }
  if (values.length === 0) return undefined;
  const sorted = Float64Array.from(values).sort();
  const nonZero = sorted.filter((value) => value !== 0);
  const at = (fraction: number) => (nonZero.length > 0 ? nonZero[Math.floor(fraction * (nonZero.length - 1))] : 0);
  return {
    dtype: sorted.every(Number.isInteger) ? "int32" : "float32",
    range: [sorted[0], sorted[sorted.length - 1]],
    percentiles: [at(0.005), at(0.995)],
  };
}

export function presetWindow({ width, level }: WindowPreset): Window {
  return { lower: level - width / 2, upper: level + width / 2 };
}

/** Whole numbers that reach air are Hounsfield units; MR and PET do not look like that. */
export function looksLikeCt({ dtype, range }: Intensities): boolean {
  return /^u?int/.test(dtype) && range[0] <= -500;
}

/** CT is also stored as float; then the presets are offered, but not chosen unasked. */
export function presetsFor({ range }: Intensities): readonly WindowPreset[] {
  return range[0] <= -500 ? ctPresets : [];
}

export function percentileWindow({ percentiles: [lower, upper], range }: Intensities): Window {
  if (upper > lower) return { lower, upper };
  return range[1] > range[0] ? { lower: range[0], upper: range[1] } : { lower: range[0] - 0.5, upper: range[0] + 0.5 };
}

export function defaultWindow(image: Intensities): Window {
  return looksLikeCt(image) ? presetWindow(ctPresets[0]) : percentileWindow(image);
}

/**
 * Window after a drag of `dx`, `dy` screen pixels from where `start` held: to the right widens, up raises the level (makes
 * the picture darker), as in most viewers. A quarter of the picture's range per 300 pixels, so that CT and MR feel alike.
 */
export function dragWindow(start: Window, image: Intensities, dx: number, dy: number): Window {
  const [lower, upper] = image.percentiles;
  const reach = looksLikeCt(image) ? 1200 : Math.max(upper - lower, (image.range[1] - image.range[0]) / 100, 1e-6);
  const perPixel = reach / 600;
  const width = Math.max(perPixel, start.upper - start.lower + dx * perPixel);
  const level = (start.upper + start.lower) / 2 - dy * perPixel;
  return { lower: level - width / 2, upper: level + width / 2 };
}

/** Width and level, rounded as finely as the numbers need. */
export function describeWindow({ lower, upper }: Window): { readonly width: string; readonly level: string } {
  const width = upper - lower;
  const digits = width >= 20 ? 0 : Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(width))));
  return { width: width.toFixed(digits), level: ((upper + lower) / 2).toFixed(digits) };
}
