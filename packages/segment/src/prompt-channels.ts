import {
  areaWindows,
  type Box,
  boxSize,
  boxVoxels,
  fromHalfBits,
  intersectBoxes,
  isEmptyBox,
  roundToHalf,
  uniteBoxes,
  type Vec3,
  type Windows,
} from "@septum/volume";
import { dilate } from "./dilate.ts";
import type { ModelSettings, Patch } from "./model.ts";
import { type Drawable, drawInto } from "./prompt-drawing.ts";
import { dilationEdge, type View } from "./view.ts";

type PromptEntries = Pick<Patch, "promptIndex" | "promptValue">;

/** Edge, in patch voxels, of the pieces in which prompts are drawn; only pieces that a prompt touches cost anything. */
const tileEdge = 16;

/**
 * The prompt channels of a patch, as sparse entries (spec §6.1 steps 2–5).
 *
 * Each tile of the patch that a prompt reaches is drawn at full resolution, only as far as the prompts in it go, thickened
 * (points and scribbles), averaged down, and divided by the intensity. Every step rounds to half as the dense form does.
 */
export function promptEntries(
  drawn: readonly Drawable[],
  view: View,
  settings: ModelSettings,
  intensity: number,
): PromptEntries {
  const windows = [0, 1, 2].map((axis) => areaWindows(view.size[axis], view.patchSize[axis]));
  const out: Entries = { index: [], value: [] };
  const divide = intensityDivider(intensity);
  for (const channel of new Set(drawn.map((drawable) => drawable.channel))) {
    const thick = thickens(channel, settings) && !view.unscaled;
    const reach = view.zooms.map((zoom) => (thick ? (dilationEdge(zoom) - 1) / 2 : 0)) as unknown as Vec3;
    const offset = channel * view.patchSize[0] * view.patchSize[1] * view.patchSize[2];
    const own = drawn.filter((drawable) => drawable.channel === channel);
    for (const [tile, touching] of touchedTiles(own, view, windows, reach)) {
      drawTile(touching, tile, view, windows, reach, (voxel, value) => {
        const divided = divide(value);
        if (divided === 0) return;
        out.index.push(offset + voxel);
        out.value.push(divided);
      });
    }
  }
  return { promptIndex: new Int32Array(out.index), promptValue: new Float32Array(out.value) };
}

interface Entries {
  readonly index: number[];
  readonly value: number[];
}

/** `fl16(fl32(v) / fl32(I))`, which leaves values alone at intensity 1 (spec §5.1). */
function intensityDivider(intensity: number): (value: number) => number {
  if (intensity === 0 || intensity === 1) return (value) => value;
  const divisor = Math.fround(intensity);
  return (value) => roundToHalf(Math.fround(value / divisor));
}

/** Only channels of points and scribbles are thickened; boxes and lassos are not (spec §6.1 step 4). */
function thickens(channel: number, settings: ModelSettings): boolean {
  const { channels, supported } = settings;
  return (
    (supported.points && channels.points?.includes(channel) === true) ||
    (supported.scribble && channels.scribble?.includes(channel) === true)
  );
}

/** Tiles of the patch (boxes of patch voxels) with the prompts that reach each, in the order in which they were given. */
function touchedTiles(
  drawn: readonly Drawable[],
  view: View,
  windows: readonly Windows[],
  reach: Vec3,
): Iterable<[Box, Drawable[]]> {
  const tiles = new Map<string, [Box, Drawable[]]>();
  for (const drawable of drawn) {
    const shared = intersectBoxes(drawable.box, view.box);
    if (isEmptyBox(shared)) continue;
    const ranges = shared.map(([lo, hi], axis) => {
      const origin = view.box[axis][0];
      return outputsReached(windows[axis], lo - origin - reach[axis], hi - origin + reach[axis]);
    });
    eachTile(ranges, (a, b, c) => {
      const key = `${a},${b},${c}`;
      const entry = tiles.get(key);
      if (entry === undefined) tiles.set(key, [tileBox([a, b, c], view), [drawable]]);
      else entry[1].push(drawable);
    });
  }
  return tiles.values();
}

function eachTile(
  ranges: readonly (readonly [number, number])[],
  use: (a: number, b: number, c: number) => void,
): void {
  const [[a0, a1], [b0, b1], [c0, c1]] = ranges.map(([lo, hi]) => [
    Math.floor(lo / tileEdge),
    Math.ceil(hi / tileEdge),
  ]);
  for (let a = a0; a < a1; a++) for (let b = b0; b < b1; b++) for (let c = c0; c < c1; c++) use(a, b, c);
}

function tileBox(tile: readonly number[], view: View): Box {
  const range = (axis: number) =>
    [tile[axis] * tileEdge, Math.min((tile[axis] + 1) * tileEdge, view.patchSize[axis])] as const;
  return [range(0), range(1), range(2)];
}

/** Patch samples whose windows overlap `[from, to)` of the source, as a half-open range. */
function outputsReached(windows: Windows, from: number, to: number): readonly [number, number] {
  let first = 0;
  while (first < windows.hi.length && windows.hi[first] <= from) first++;
  let end = windows.lo.length;
  while (end > first && windows.lo[end - 1] >= to) end--;
  return [first, end];
}

/** Draws, thickens and averages one tile; calls back with each patch voxel that is not 0 and its half value. */
function drawTile(
  drawn: readonly Drawable[],
  tile: Box,
  view: View,
  windows: readonly Windows[],
  reach: Vec3,
  emit: (voxel: number, value: number) => void,
): void {
  const source = (axis: number, margin: number) => {
    const [lo, hi] = view.box[axis];
    const from = lo + windows[axis].lo[tile[axis][0]] - margin;
    const to = lo + windows[axis].hi[tile[axis][1] - 1] + margin;
    return [Math.max(lo, from), Math.min(hi, to)] as const;
  };
  const reached: Box = [source(0, reach[0]), source(1, reach[1]), source(2, reach[2])];
  let region: Box | undefined;
  for (const drawable of drawn) region = uniteBoxes(region, intersectBoxes(drawable.box, reached));
  if (region === undefined) return;
  let values = new Uint16Array(boxVoxels(region));
  for (const drawable of drawn) drawInto(drawable, region, values);
  if (reach.some((voxels) => voxels > 0)) {
    const target: Box = [source(0, 0), source(1, 0), source(2, 0)];
    ({ values, box: region } = dilate(values, region, reach, target));
  }
  average(values, region, tile, view, windows, emit);
}

/** Area average in float32, in C order over each window, rounded to half once (spec §6.3). */
function average(
  values: Uint16Array,
  region: Box,
  tile: Box,
  view: View,
  windows: readonly Windows[],
  emit: (voxel: number, value: number) => void,
): void {
  const { fround } = Math;
  const [, n1, n2] = boxSize(region);
  const [, p1, p2] = view.patchSize;
  const [s0, s1, s2] = [0, 1, 2].map((axis) => region[axis][0] - view.box[axis][0]);
  const [e0, e1, e2] = [0, 1, 2].map((axis) => region[axis][1] - view.box[axis][0]);
  const [w0, w1, w2] = windows;
  for (let a = tile[0][0]; a < tile[0][1]; a++) {
    const [a0, a1] = [Math.max(w0.lo[a], s0), Math.min(w0.hi[a], e0)];
    if (a1 <= a0) continue;
    for (let b = tile[1][0]; b < tile[1][1]; b++) {
      const [b0, b1] = [Math.max(w1.lo[b], s1), Math.min(w1.hi[b], e1)];
      if (b1 <= b0) continue;
      const side = (w0.hi[a] - w0.lo[a]) * (w1.hi[b] - w1.lo[b]);
      for (let c = tile[2][0]; c < tile[2][1]; c++) {
        const c0 = Math.max(w2.lo[c], s2);
        const c1 = Math.min(w2.hi[c], e2);
        let sum = 0;
        for (let x = a0; x < a1; x++) {
          for (let y = b0; y < b1; y++) {
            const row = n2 * (y - s1 + n1 * (x - s0)) - s2;
            for (let z = c0; z < c1; z++) {
              const bits = values[row + z];
              if (bits !== 0) sum = fround(sum + fromHalfBits(bits));
            }
          }
        }
        if (sum === 0) continue;
        const voxels = side * (w2.hi[c] - w2.lo[c]);
        emit(c + p2 * (b + p1 * a), voxels === 1 ? sum : roundToHalf(fround(sum / voxels)));
      }
    }
  }
}
