import { type Affine, rasToLps, type Vec3 } from "@septum/volume";
import { z } from "zod";
import { HttpError } from "../../http/http-error.ts";

const count = z.int().min(1);
const list = z.array(z.number());

/** What ITK-SNAP says about the voxels it sends; scripts that speak its protocol give `dimensions` alone. */
const metadata = z.object({
  dimensions: z.array(count).min(2).max(3),
  spacing: list.optional(),
  origin: list.optional(),
  direction: list.optional(),
  components_per_pixel: z.int().default(1),
  component_type: z.string().default("float32"),
});

export interface SentGrid {
  /** `[i, j, k]` */
  readonly size: Vec3;
  /** Voxel to world, RAS. */
  readonly affine: Affine;
}

/**
 * The grid of an upload from the part `metadata`: text or what JSON made of it. ITK's origin and directions are LPS; those of
 * a single slice get a third axis. Throws `bad_request`.
 */
export function sentGrid(part: unknown): SentGrid {
  const parsed = metadata.safeParse(typeof part === "string" ? fromJson(part) : part);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw bad(`${path.join(".") || "it"}: ${message}`);
  }
  const { dimensions, spacing, origin, direction, components_per_pixel, component_type } = parsed.data;
  if (component_type !== "float32") throw bad(`component_type is "${component_type}", and float32 is expected`);
  if (components_per_pixel !== 1) {
    throw bad(`components_per_pixel is ${components_per_pixel}, and images of one value per voxel can be segmented`);
  }
  const n = dimensions.length;
  const steps = padded("spacing", spacing, n, [1, 1, 1]);
  const from = padded("origin", origin, n, [0, 0, 0]);
  if (direction && direction.length !== n * n) throw bad(`direction has ${direction.length} numbers, not ${n * n}`);
  const turn = (row: number, column: number) =>
    direction && row < n && column < n ? direction[n * row + column] : row === column ? 1 : 0;
  const row = (r: number) => [...[0, 1, 2].map((column) => turn(r, column) * steps[column]), from[r]];
  return {
    size: [dimensions[0], dimensions[1], dimensions[2] ?? 1],
    affine: rasToLps([...row(0), ...row(1), ...row(2), 0, 0, 0, 1]),
  };
}

function padded(name: string, given: readonly number[] | undefined, n: number, standard: Vec3): readonly number[] {
  if (given && given.length !== n) throw bad(`${name} has ${given.length} numbers, not ${n}`);
  return [...(given ?? []), ...standard.slice(given?.length ?? 0)];
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw bad("it is not JSON");
  }
}

function bad(why: string): HttpError {
  return new HttpError("bad_request", `Cannot use the part metadata: ${why}`);
}
