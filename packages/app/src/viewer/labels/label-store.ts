import { type Box, boxSize, boxVoxels, uniteBoxes, type Vec3, wholeBox } from "@septum/volume";
import { nextTask } from "../next-task.ts";
import type { Scan } from "../scan.ts";
import { type ActiveMask, createActiveMask } from "./active-mask.ts";
import { createLabelMap } from "./label-map.ts";
import type { ShownLabels } from "./shown-labels.ts";
import { type OpenStroke, openStroke, type Paint } from "./stroke.ts";
import type { LabelTally } from "./tally.ts";

/** A stroke in the picture that the server has not settled yet. */
export interface Stroke {
  /** Paints along a line of places in voxel coordinates, from where it was painted before. */
  extend(places: readonly Vec3[]): void;
  /** Where it changed something; undefined: nowhere. */
  readonly box: Box | undefined;
  /** The server knows better now: what it says later overwrites it. */
  settle(): void;
}

/**
 * The labels on the screen: the merged label map, above it the active segment's own mask, as the server says, and in both
 * strokes that it has not settled yet.
 */
export interface LabelStore extends ShownLabels {
  /** Voxels of each label that are shown: of the active segment all, of others those that the label map has. */
  readonly tallies: ReadonlyMap<number, LabelTally>;
  /** Large boxes are written piece by piece, so that the page stays responsive. Resolves when all is there. */
  setLabels(box: Box, labels: ArrayLike<number>): Promise<void>;
  /** Which segment is active. It is shown as the label map has it until its mask over the whole volume is given. */
  setActive(label: number | undefined): void;
  /**
   * Puts a bit per voxel of `box` into the active segment's own mask. Ignored when another is active by now, and for a part
   * of a mask whose whole is not there. Resolves when all is shown.
   */
  setActiveMask(label: number, box: Box, bits: Uint8Array): Promise<void>;
  beginStroke(paint: Paint): Stroke;
  dispose(): void;
}

/** Voxels written in one go: a few milliseconds. Empty rows of a mask cost little. */
const labelsAtOnce = 500_000;
const bitsAtOnce = 4_000_000;

/** `onChange` hears the box of voxels that may have changed. */
export function createLabelStore(scan: Scan, onChange: (box: Box) => void): LabelStore {
  const { size } = scan.grid;
  const map = createLabelMap(size);
  let activeLabel: number | undefined;
  let active: ActiveMask | undefined;
  let strokes: readonly OpenStroke[] = [];
  let writing = Promise.resolve();
  let disposed = false;
  const shown: ShownLabels = {
    map,
    get active() {
      return active;
    },
  };

  /** Calls `write` for one stretch of slices of a box after the other. */
  async function inPieces(box: Box, voxelsAtOnce: number, write: (from: number, to: number) => void): Promise<void> {
    const [ni, nj, nk] = boxSize(box);
    const [k0, k1] = box[2];
    const step = Math.max(1, Math.floor(voxelsAtOnce / Math.max(1, ni * nj)));
    for (let k = k0; k < k1 && !disposed; k += step) {
      write(k, Math.min(k1, k + step));
      if (nk > step) await nextTask();
    }
  }

  function written(part: Box): void {
    for (const stroke of strokes) stroke.again(part);
    onChange(part);
  }

  function after(work: () => Promise<void>): Promise<void> {
    writing = writing.then(work);
    return writing;
  }

  async function writeActive(label: number, box: Box, bits: Uint8Array): Promise<void> {
    const before = active;
    if (label !== activeLabel || (!before && boxVoxels(box) < boxVoxels(wholeBox(size)))) return;
    if (before) {
      await inPieces(box, bitsAtOnce, (from, to) => {
        before.write(box, bits, from, to);
        if (before === active) written([box[0], box[1], [from, to]]);
      });
      return;
    }
    const mask = createActiveMask(size, label);
    await inPieces(box, bitsAtOnce, (from, to) => mask.write(box, bits, from, to));
    if (label === activeLabel && !disposed) showActive(mask);
  }

  /** Strokes move over to where they belong now. */
  function showActive(mask: ActiveMask | undefined): void {
    const changed = [active?.extent, mask?.extent, ...strokes.map(({ box }) => box)].reduce(
      (all, one) => (one ? uniteBoxes(all, one) : all),
      undefined,
    );
    active = mask;
    if (changed) written(changed);
  }

  return {
    map,
    get active() {
      return active;
    },
    get tallies() {
      const { byLabel } = map.tallies;
      return active ? new Map([...byLabel, [active.label, active.tally]]) : byLabel;
    },
    setLabels(box, labels) {
      if (boxVoxels(box) === 0) return writing;
      return after(() =>
        inPieces(box, labelsAtOnce, (from, to) => {
          map.write(box, labels, from, to);
          written([box[0], box[1], [from, to]]);
        }),
      );
    },
    setActive(label) {
      if (label === activeLabel) return;
      activeLabel = label;
      if (active) showActive(undefined);
    },
    setActiveMask(label, box, bits) {
      if (boxVoxels(box) === 0) return writing;
      return after(() => writeActive(label, box, bits));
    },
    beginStroke(paint) {
      const stroke = openStroke(shown, scan, paint, onChange);
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
    },
    dispose() {
      disposed = true;
    },
  };
}
