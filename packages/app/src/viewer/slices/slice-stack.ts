import type { Box, Vec3, VoxelArray } from "@septum/volume";
import { boxToDisplay } from "../grid.ts";
import { gatherLayer, type Layer } from "../labels/layer.ts";
import type { ShownLabels } from "../labels/shown-labels.ts";
import { type Plane, planeNames, type Tile } from "../planes.ts";
import type { Scan } from "../scan.ts";
import { gatherSlice, regionOf, type SliceRegion, sliceAt, sliceSize, wholeSlice } from "./gather.ts";
import { bufferFor, type SliceLook, type SlicePainter, type SliceTextures } from "./slice-painter.ts";
import { activeFlag, previewFlag } from "./slice-shader.ts";

/**
 * The three slices through the crosshair, cut out of the volume when they are drawn. The graphics card holds no more than
 * these: a scan of any size is on the screen as soon as it is read, and a step of the wheel uploads one slice.
 */
export interface SliceStack {
  /** Labels or the preview changed in a box of the file's voxels. */
  touch(box: Box): void;
  /** What `label` would be, in the layer's box, instead of what it is. */
  setPreview(layer: Layer | undefined, label: number): void;
  draw(tile: Tile, cross: Vec3, look: SliceLook, ratio: number): void;
  dispose(): void;
}

interface ShownSlice {
  readonly textures: SliceTextures;
  readonly values: VoxelArray;
  /** Which slice the textures hold; -1: none yet. */
  slice: number;
  /** The part of the labels that is out of date. */
  stale: SliceRegion | undefined;
}

export function createSliceStack(painter: SlicePainter, scan: Scan, labels: ShownLabels): SliceStack {
  const { data, grid } = scan;
  const shown = new Map<Plane, ShownSlice>();
  let preview: Layer | undefined;
  let previewed = 0;

  function shownIn(plane: Plane): ShownSlice {
    let slice = shown.get(plane);
    if (!slice) {
      const [columns, rows] = sliceSize(grid, plane);
      const values = bufferFor(data, columns * rows);
      slice = { textures: painter.makeSlice(values, columns, rows), values, slice: -1, stale: undefined };
      shown.set(plane, slice);
    }
    return slice;
  }

  function uploadLabels(plane: Plane, slice: number, region: SliceRegion, textures: SliceTextures): void {
    const [columns, rows] = [region.columns[1] - region.columns[0], region.rows[1] - region.rows[0]];
    const pairs = new Uint16Array(2 * columns * rows);
    gatherSlice(labels.map.data, grid, plane, slice, region, pairs, 0, 2);
    if (labels.active) gatherLayer(labels.active, grid, plane, slice, region, pairs, activeFlag, 1, 2);
    if (preview && labels.active?.label === previewed) {
      clearFlag(pairs, region, regionOf(boxToDisplay(grid, preview.box), plane, slice), activeFlag);
    }
    if (preview) gatherLayer(preview, grid, plane, slice, region, pairs, previewFlag, 1, 2);
    painter.uploadLabels(textures, region.columns[0], region.rows[0], columns, rows, pairs);
  }

  function touch(box: Box): void {
    const display = boxToDisplay(grid, box);
    for (const plane of planeNames) {
      const slice = shown.get(plane);
      const region = slice && regionOf(display, plane, slice.slice);
      if (slice && region) slice.stale = slice.stale ? around(slice.stale, region) : region;
    }
  }

  return {
    touch,
    setPreview(layer, label) {
      if (preview) touch(preview.box);
      preview = layer;
      previewed = label;
      if (preview) touch(preview.box);
    },
    draw(tile, cross, look, ratio) {
      const { plane } = tile;
      const slice = shownIn(plane);
      const wanted = sliceAt(plane, cross);
      if (slice.slice !== wanted) {
        gatherSlice(data, grid, plane, wanted, wholeSlice(grid, plane), slice.values);
        painter.uploadImage(slice.textures, slice.values);
        slice.slice = wanted;
        slice.stale = wholeSlice(grid, plane);
      }
      if (slice.stale) uploadLabels(plane, wanted, slice.stale, slice.textures);
      slice.stale = undefined;
      painter.draw(tile, slice.textures, look, ratio);
    },
    dispose() {
      for (const { textures } of shown.values()) painter.dropSlice(textures);
      shown.clear();
    },
  };
}

/** Takes a flag from the pairs of `region` that lie in `part` of the slice. */
function clearFlag(pairs: Uint16Array, region: SliceRegion, part: SliceRegion | undefined, flag: number): void {
  if (!part) return;
  const [left, right] = region.columns;
  const [bottom, top] = region.rows;
  for (let row = Math.max(bottom, part.rows[0]); row < Math.min(top, part.rows[1]); row++) {
    const start = (row - bottom) * (right - left) - left;
    for (let column = Math.max(left, part.columns[0]); column < Math.min(right, part.columns[1]); column++) {
      pairs[2 * (start + column) + 1] &= ~flag;
    }
  }
}

function around(a: SliceRegion, b: SliceRegion): SliceRegion {
  return {
    columns: [Math.min(a.columns[0], b.columns[0]), Math.max(a.columns[1], b.columns[1])],
    rows: [Math.min(a.rows[0], b.rows[0]), Math.max(a.rows[1], b.rows[1])],
  };
}
