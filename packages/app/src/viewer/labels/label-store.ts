import { type Box, boxSize, boxVoxels, intersectBoxes, isEmptyBox, uniteBoxes, type Vec3 } from "@septum/volume";
import { type Scan, valueAt } from "../scan.ts";
import { type Brush, brushVoxels } from "./brush.ts";
import { createLabelMap, type LabelMap } from "./label-map.ts";

/** What a stroke of the brush does to the voxels it goes over. */
export interface Paint extends Brush {
  /** The label that is painted, or erased. */
  readonly label: number;
  readonly add: boolean;
  /** Paints only where the scan's value lies from the first to the second. */
  readonly threshold?: readonly [number, number];
}

/** A stroke in the picture that the server has not settled yet. */
export interface Stroke {
  /** Paints along a line of places in voxel coordinates, from where it was painted before. */
  extend(places: readonly Vec3[]): void;
  /** Where it changed something; undefined: nowhere. */
  readonly box: Box | undefined;
  /** The server knows better now: later labels overwrite it. */
  settle(): void;
}

/** The labels on the screen: what the server says, and above it strokes that it has not settled yet. */
export interface LabelStore {
  readonly map: LabelMap;
  /** Large boxes are written piece by piece, so that the page stays responsive. Resolves when all is there. */
  setLabels(box: Box, labels: ArrayLike<number>): Promise<void>;
  beginStroke(paint: Paint): Stroke;
  clear(): void;
  dispose(): void;
}

/** Voxels written in one go: a few milliseconds. */
const voxelsAtOnce = 2_000_000;

/** `onChange` hears the box of voxels that may have changed. */
export function createLabelStore(scan: Scan, onChange: (box: Box) => void): LabelStore {
  const { size } = scan.grid;
  const map = createLabelMap(size);
  let strokes: readonly OpenStroke[] = [];
  let writing = Promise.resolve();
  let disposed = false;

  async function writeAll(box: Box, labels: ArrayLike<number>) {
    const [ni, nj, nk] = boxSize(box);
    const [k0, k1] = box[2];
    const step = Math.max(1, Math.floor(voxelsAtOnce / Math.max(1, ni * nj)));
    for (let k = k0; k < k1 && !disposed; k += step) {
      const end = Math.min(k1, k + step);
      map.write(box, labels, k, end);
      const part: Box = [box[0], box[1], [k, end]];
      for (const stroke of strokes) stroke.again(part);
      onChange(part);
      if (nk > step) await nextTask();
    }
  }

  function beginStroke(paint: Paint): Stroke {
    const stroke = openStroke(map, scan, paint, onChange);
    strokes = [...strokes, stroke];
    return {
      extend: stroke.extend,
      get box() {
        return stroke.box;
      },
      settle() {
        strokes = strokes.filter((one) => one !== stroke);
      },
    };
  }

  return {
    map,
    setLabels(box, labels) {
      if (boxVoxels(box) === 0) return writing;
      writing = writing.then(() => writeAll(box, labels));
      return writing;
    },
    beginStroke,
    clear() {
      strokes = [];
      map.clear();
      onChange([
        [0, size[0]],
        [0, size[1]],
        [0, size[2]],
      ]);
    },
    dispose() {
      disposed = true;
    },
  };
}

interface OpenStroke {
  readonly box: Box | undefined;
  extend(places: readonly Vec3[]): void;
  /** Paints again what lies in a box, after it was written over. */
  again(box: Box): void;
}

function openStroke(map: LabelMap, scan: Scan, paint: Paint, onChange: (box: Box) => void): OpenStroke {
  const { label, add, threshold } = paint;
  const { size } = map;
  const [ni, nj] = size;
  const painted: number[] = [];
  let box: Box | undefined;
  let done = 0;

  /** Returns whether the voxel is another now. */
  function apply(i: number, j: number, k: number): boolean {
    const before = map.data[i + ni * (j + nj * k)];
    if (add ? before === label : before !== label) return false;
    map.set(i, j, k, add ? label : 0);
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

function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
