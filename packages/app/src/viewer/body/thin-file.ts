import { writeNifti } from "@septum/volume";
import { nextTask } from "../next-task.ts";
import type { Scan } from "../scan.ts";
import { bufferFor } from "../slices/slice-painter.ts";
import { type ThinGrid, thinVoxels } from "./thinned.ts";

/** Cells read in one go: a few milliseconds, as each is somewhere else in memory. */
const cellsAtOnce = 200_000;

/** The thinned scan as a file in display order, so that NiiVue has nothing to turn. */
export async function thinFile({ data, grid, spacing, scaling }: Scan, thin: ThinGrid): Promise<ArrayBuffer> {
  const [nx, ny, nz] = thin.size;
  const voxels = bufferFor(data, nx * ny * nz);
  const step = Math.max(1, Math.floor(cellsAtOnce / (nx * ny)));
  for (let z = 0; z < nz; z += step) {
    thinVoxels(data, grid, thin, voxels, z, Math.min(nz, z + step));
    await nextTask();
  }
  const edge = (d: 0 | 1 | 2) => thin.block[d] * spacing[grid.axis[d]];
  const affine = [edge(0), 0, 0, 0, 0, edge(1), 0, 0, 0, 0, edge(2), 0, 0, 0, 0, 1];
  const { header, data: bytes } = writeNifti({ data: voxels, size: thin.size, affine, scaling });
  return new Blob([header as Uint8Array<ArrayBuffer>, bytes as Uint8Array<ArrayBuffer>]).arrayBuffer();
}
