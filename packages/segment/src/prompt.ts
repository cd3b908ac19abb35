import type { Box, Vec3 } from "@septum/volume";

/**
 * Something the person says about the object, in the volume's own voxel order `[i, j, k]`.
 *
 * Masks are uint8, one byte per voxel of `box`, `i` fastest, 0 = background, anything else = prompt.
 */
export type Prompt =
  | { readonly kind: "point"; readonly voxel: Vec3; readonly positive: boolean }
  | { readonly kind: "box"; readonly box: Box; readonly positive: boolean }
  | { readonly kind: "scribble"; readonly mask: Uint8Array; readonly box: Box; readonly positive: boolean }
  | { readonly kind: "lasso"; readonly mask: Uint8Array; readonly box: Box; readonly positive: boolean }
  | { readonly kind: "initial"; readonly mask: Uint8Array; readonly box: Box };
