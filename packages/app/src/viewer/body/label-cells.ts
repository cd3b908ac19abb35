import { type Box, clipBox, type Range, uniteBoxes } from "@septum/volume";
import { labelReader, type ShownLabels } from "../labels/shown-labels.ts";
import { nextTask } from "../next-task.ts";
import type { Scan } from "../scan.ts";
import { smoothLabels } from "./smoothed.ts";
import { cellsOf, pieces, type ThinGrid, thinLabels } from "./thinned.ts";

/** The labels as the 3D view has them: one per cell of its coarser grid. */
export interface LabelCells {
  /** Labels changed in a box of the file's voxels. */
  touch(box: Box): void;
  stop(): void;
}

export interface LabelCellsTarget {
  /** Labels of a box of cells, x fastest. */
  upload(box: Box, labels: Uint8Array): void;
  /** How near they are, 0 to 255: see `smoothLabels`. */
  uploadSmoothed(box: Box, smoothed: Uint8Array): void;
  /** All that changed is uploaded. */
  changed(): void;
}

/** Changes within this time are shown together. */
const quietMs = 150;
/** Voxels looked at, and cells smoothed, in one go: a few milliseconds. */
const voxelsAtOnce = 400_000;
const cellsAtOnce = 60_000;

/** Reads changed labels piece by piece, so that the page stays responsive, and passes on what became another. */
export function createLabelCells(
  scan: Scan,
  labels: ShownLabels,
  thin: ThinGrid,
  slotOf: (label: number) => number,
  target: LabelCellsTarget,
): LabelCells {
  const [nx, ny, nz] = thin.size;
  const cells = new Uint8Array(nx * ny * nz);
  let stale: Box | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let updating = false;
  let stopped = false;

  async function update(): Promise<void> {
    timer = undefined;
    if (!stale) return;
    updating = true;
    const box = cellsOf(scan.grid, thin, stale);
    stale = undefined;
    let changed: Box | undefined;
    for (const piece of pieces(box, voxelsAtOnce / (thin.block[0] * thin.block[1] * thin.block[2]))) {
      const found = thinLabels(labelReader(labels), scan.grid, thin, piece, slotOf);
      const others = keep(piece, found);
      if (others) target.upload(piece, found);
      changed = uniteBoxes(changed, others);
      await nextTask();
      if (stopped) return;
    }
    for (const piece of changed ? pieces(grown(changed), cellsAtOnce) : []) {
      target.uploadSmoothed(piece, smoothLabels(cells, thin.size, piece));
      await nextTask();
      if (stopped) return;
    }
    updating = false;
    if (changed) target.changed();
    if (stale) schedule();
  }

  /** Returns the box around the cells that are others now. */
  function keep([[x0, x1], [y0, y1], [z0, z1]]: Box, found: Uint8Array): Box | undefined {
    const lower: [number, number, number] = [nx, ny, nz];
    const upper: [number, number, number] = [0, 0, 0];
    let from = 0;
    for (let z = z0; z < z1; z++) {
      for (let y = y0; y < y1; y++) {
        const row = nx * (y + ny * z);
        for (let x = x0; x < x1; x++, from++) {
          if (cells[row + x] === found[from]) continue;
          cells[row + x] = found[from];
          if (x < lower[0]) lower[0] = x;
          if (y < lower[1]) lower[1] = y;
          if (z < lower[2]) lower[2] = z;
          if (x >= upper[0]) upper[0] = x + 1;
          if (y >= upper[1]) upper[1] = y + 1;
          if (z >= upper[2]) upper[2] = z + 1;
        }
      }
    }
    const range = (d: 0 | 1 | 2) => [lower[d], upper[d]] as const;
    return upper[0] > 0 ? [range(0), range(1), range(2)] : undefined;
  }

  /** With the cells whose surroundings reach into the box. */
  function grown([xs, ys, zs]: Box): Box {
    const wider = ([lo, hi]: Range) => [lo - 1, hi + 1] as const;
    return clipBox([wider(xs), wider(ys), wider(zs)], thin.size);
  }

  function schedule(): void {
    if (!updating) timer ??= setTimeout(() => void update(), quietMs);
  }

  return {
    touch(box) {
      stale = uniteBoxes(stale, box);
      schedule();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
