import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fileSource, nodeGunzip } from "../testing/bytes.ts";
import {
  type NiftiImage,
  type NiftiOptions,
  orientation,
  readNifti,
  readNiftiHeader,
  readNiftiPair,
  spacing,
  VolumeError,
  type VolumeErrorCode,
} from "./index.ts";

const formats = new URL("../../../../shared/data/formats/", import.meta.url);
const manifest = new URL("manifest.json", formats);

interface Entry {
  readonly id: string;
  readonly files: readonly string[];
  readonly open: string;
  readonly expect: "load" | "either" | "error";
  readonly dtype_stored?: string;
  readonly shape?: readonly number[];
  readonly values?: { readonly min: number; readonly max: number; readonly mean: number };
  readonly samples?: readonly { readonly index: readonly number[]; readonly value: number | string }[];
  readonly sha256_f32?: string;
  readonly affine_ras?: readonly (readonly number[])[] | null;
  readonly spacing?: readonly number[];
  readonly orientation?: string | null;
  readonly tolerance?: number;
}

/** Files we refuse, by the code a caller sees. Everything else must load with the manifest's values. */
const refused: Readonly<Record<string, VolumeErrorCode>> = {
  analyze75: "analyze",
  nifti_rgb24: "unsupported-dtype",
  nifti_rgba32: "unsupported-dtype",
  nifti_real_rgb: "unsupported-dtype",
  nifti_complex64: "unsupported-dtype",
  nifti_pixdim_zero: "bad-affine",
  bad_truncated_gz: "damaged",
  bad_truncated_nii: "truncated",
  bad_header_only: "truncated",
  bad_empty: "not-nifti",
  bad_not_an_image: "not-nifti",
  bad_not_nifti_real: "not-nifti",
  bad_magic: "not-nifti",
  bad_huge_dims: "too-large",
  bad_negative_dim: "bad-dimensions",
  bad_zero_dim: "bad-dimensions",
  bad_datatype: "unsupported-dtype",
  bad_vox_offset: "bad-offset",
  bad_affine_nan: "bad-affine",
  bad_affine_singular: "bad-affine",
};

/** The manifest gives lengths as stored; we give mm. */
const mmPerUnit: Readonly<Record<string, number>> = { nifti_units_meter: 1000, nifti_units_micron: 0.001 };

const entries = existsSync(manifest)
  ? (JSON.parse(readFileSync(manifest, "utf8")) as { files: Entry[] }).files.filter(isNifti)
  : [];

describe.skipIf(entries.length === 0)(
  "the shared set of odd NIfTI files (skipped where ../shared/data/formats is not there)",
  () => {
    test("has every file that is to be refused", () => {
      const ids = new Set(entries.map(({ id }) => id));
      expect(Object.keys(refused).filter((id) => !ids.has(id))).toEqual([]);
      const mustBeRefused = entries.filter((entry) => entry.expect === "error").map(({ id }) => id);
      expect(mustBeRefused.filter((id) => !(id in refused))).toEqual([]);
    });

    test.each(entries.filter(({ id }) => id in refused))("$id is refused with a reason", async (entry) => {
      const error = await open(entry, {}).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(VolumeError);
      expect((error as VolumeError).code).toBe(refused[entry.id]);
      expect((error as VolumeError).message).toMatch(/^[A-Z].{20,}\.$/);
    });

    test.each(entries.filter(({ id }) => !(id in refused)))("$id loads as the manifest says", async (entry) => {
      const frames = entry.shape!.slice(3).reduce((product, length) => product * length, 1);
      if (frames > 1) {
        const message = `The file holds ${frames} volumes of ${entry.shape!.slice(0, 3).join(" × ")} voxels`;
        await expect(open(entry, {})).rejects.toThrow(message);
      }
      const images: NiftiImage[] = [];
      for (let frame = 0; frame < frames; frame++) images.push(await open(entry, frames > 1 ? { frame } : {}));
      expectHeader(entry, images[0]);
      expectValues(entry, images);
    });
  },
);

function isNifti({ open: path }: Entry): boolean {
  return /^(nifti|bad)\/.*\.(nii|nii\.gz|hdr|hdr\.gz)$/.test(path);
}

async function open(entry: Entry, options: NiftiOptions): Promise<NiftiImage> {
  const source = () => fileSource(new URL(entry.open.split("/").map(encodeURIComponent).join("/"), formats));
  const image = entry.files.find((path) => path.includes(".img"));
  const withGunzip = { gunzip: nodeGunzip, ...options };
  if (image === undefined) return readNifti(await source(), withGunzip);
  await readNiftiHeader(await source(), withGunzip);
  return readNiftiPair(await source(), await fileSource(new URL(image, formats)), withGunzip);
}

function expectHeader(entry: Entry, { volume, header }: NiftiImage): void {
  const [ni, nj, nk = 1] = entry.shape!;
  expect(header.dims).toEqual(entry.shape);
  expect(volume.size).toEqual([ni, nj, nk]);
  // For scaled files the manifest gives the type after scaling.
  const scaled = volume.scaling.slope !== 1 || volume.scaling.intercept !== 0;
  if (!scaled) expect(header.dtype).toBe(entry.dtype_stored);
  const unit = mmPerUnit[entry.id] ?? 1;
  // Manifest and file round at float32: a hundred-thousandth of the value, and a nanometre where it is next to nothing.
  const closeTo = (value: number) => {
    const allowed = Math.max(1e-6, 1e-5 * Math.abs(value * unit));
    return expect.closeTo(value * unit, -Math.log10(2 * allowed));
  };
  if (entry.affine_ras) {
    expect(volume.affine).toEqual(entry.affine_ras.flatMap((row, n) => (n < 3 ? row.map(closeTo) : row)));
    expect(orientation(volume.affine)).toBe(entry.orientation);
  }
  if (nk > 1) expect(spacing(volume.affine)).toEqual(entry.spacing!.slice(0, 3).map(closeTo));
}

function expectValues(entry: Entry, images: readonly NiftiImage[]): void {
  const { size, scaling } = images[0].volume;
  const voxels = size[0] * size[1] * size[2];
  const values = new Float64Array(voxels * images.length);
  images.forEach(({ volume }, frame) => {
    // The manifest's reader adds no intercept of 0, and so keeps -0.
    const scaled = (stored: number) =>
      scaling.intercept ? scaling.slope * stored + scaling.intercept : scaling.slope * stored;
    values.set(Float64Array.from(volume.data, scaled), frame * voxels);
  });
  const tolerance = entry.tolerance ?? 0;
  const found = { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, mean: 0 };
  let finite = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    finite++;
    found.min = Math.min(found.min, value);
    found.max = Math.max(found.max, value);
    found.mean += value;
  }
  found.mean /= finite;
  for (const key of ["min", "max", "mean"] as const) {
    const wanted = entry.values![key];
    expect(Math.abs(found[key] - wanted), key).toBeLessThanOrEqual(tolerance + 1e-6 * Math.max(1, Math.abs(wanted)));
  }

  for (const sample of entry.samples!) {
    const at = sample.index.reduceRight((sum, index, axis) => sum * entry.shape![axis] + index, 0);
    if (typeof sample.value === "number") {
      expect(Math.abs(values[at] - sample.value)).toBeLessThanOrEqual(tolerance + 1e-6 * Math.abs(sample.value));
    } else {
      expect(String(values[at]).toLowerCase()).toBe(sample.value.toLowerCase());
    }
  }
  if (tolerance === 0) {
    const bytes = new Uint8Array(Float32Array.from(values).buffer);
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(entry.sha256_f32);
  }
}
