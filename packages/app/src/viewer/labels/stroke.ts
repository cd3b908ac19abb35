import { type Box, intersectBoxes, isEmptyBox, uniteBoxes, type Vec3 } from "@septum/volume";
import { type Scan, valueAt } from "../scan.ts";
import { type Brush, brushVoxels } from "./brush.ts";
import type { ShownLabels } from "./shown-labels.ts";

/** What a stroke of the brush does to the voxels it goes over. */
export interface Paint extends Brush {
  /** The label that is painted, or erased. */
  readonly label: number;
  readonly add: boolean;
  /** Paints only where the scan's value lies from the first to the second. */
  readonly threshold?: readonly [number, number];
  /** Labels that keep their voxels to themselves. */
  readonly spared?: ReadonlySet<number>;
}

export interface OpenStroke {
  readonly box: Box | undefined;
  extend(places: readonly Vec3[]): void;
  /** Paints again what lies in a box, after it was written over. */
  again(box: Box): void;
}

/**
 * A stroke of the active segment goes into its own mask, so that what lies beneath stays known; any other into the label map.
 * `onChange` hears where it painted.
 */
export function openStroke(labels: ShownLabels, scan: Scan, paint: Paint, onChange: (box: Box) => void): OpenStroke {
  const { label, add, threshold, spared } = paint;
  const { size } = scan.grid;
  const [ni, nj] = size;
  const painted: number[] = [];
  let box: Box | undefined;
  let done = 0;

  /** Returns whether the voxel is another now. */
  function apply(i: number, j: number, k: number): boolean {
    const { map, active } = labels;
    const own = active?.label === label ? active : undefined;
    const shown = map.data[i + ni * (j + nj * k)];
    if ((own ? own.has(i, j, k) : shown === label) === add) return false;
    if (add && shown !== label && spared?.has(shown)) return false;
    if (own) own.set(i, j, k, add);
    else map.set(i, j, k, add ? label : 0);
    return true;
  }

  return {
    get box() {
      return box;
    },
    extend(places) {
      const lower: [number, number, number] = [...size];
      const upper: [number, number, number] = [0, 0, 0];
      const visit = (i: number, j: number, k: number) => {
        if (threshold) {
          const value = valueAt(scan, [i, j, k]);
          if (!(value >= threshold[0] && value <= threshold[1])) return;
        }
        if (!apply(i, j, k)) return;
        painted.push(i + ni * (j + nj * k));
        for (const [d, part] of [i, j, k].entries()) {
          if (part < lower[d]) lower[d] = part;
          if (part >= upper[d]) upper[d] = part + 1;
        }
      };
      for (; done < places.length; done++) {
        brushVoxels(size, scan.spacing, paint, places[Math.max(0, done - 1)], places[done], visit);
      }
      if (lower[0] >= upper[0]) return;
      const changed: Box = [
        [lower[0], upper[0]],
        [lower[1], upper[1]],
        [lower[2], upper[2]],
      ];
      box = uniteBoxes(box, changed);
      onChange(changed);
    },
    again(part) {
      if (!box || isEmptyBox(intersectBoxes(box, part))) return;
      for (const at of painted) {
        const [i, j, k] = [at % ni, Math.floor(at / ni) % nj, Math.floor(at / ni / nj)];
        if (k >= part[2][0] && k < part[2][1]) apply(i, j, k);
      }
    },
  };
}
