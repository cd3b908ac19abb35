import type { Box, Vec3 } from "@septum/volume";
import type { DenseState } from "../dense-reference.ts";
import { at, eachVoxel, map3, nonzeroBox, whole } from "./boxes.ts";

/** Nothing changes beyond `reach` times the prompt's distance to the mask's edge, or half its length. */
export function limit(
  { size, settings, channels }: DenseState,
  before: Float32Array,
  at0: Vec3,
  drawn: Vec3,
  spacing: Vec3,
): void {
  const mask = channels[settings.channels.previous];
  const centre = map3((n) => Math.min(at0[n], size[n] - 1));
  const own = before[at(size, ...centre)];
  let edge = Number.POSITIVE_INFINITY;
  eachVoxel(whole(size), (...voxel) => {
    if (before[at(size, ...voxel)] !== own) edge = Math.min(edge, millimetres(voxel, centre, spacing));
  });
  const most = settings.reach! * Math.max(edge, ...drawn.map((voxels, n) => (voxels * spacing[n]) / 2));
  eachVoxel(whole(size), (...voxel) => {
    if (millimetres(voxel, centre, spacing) > most * (1 + 1e-7)) mask[at(size, ...voxel)] = before[at(size, ...voxel)];
  });
}

/** Where a point's own voxel does not become what it says, a ball does: of its radius, in the finest voxels. Around what flipped. */
export function heed(
  { size, settings, channels }: DenseState,
  point: { centre: Vec3; positive: boolean },
  spacing: Vec3,
): Box | undefined {
  const mask = channels[settings.channels.previous];
  const { centre, positive } = point;
  if (mask[at(size, ...centre)] === Number(positive)) return undefined;
  const flipped = new Uint8Array(mask.length);
  eachVoxel(whole(size), (...voxel) => {
    const inside = millimetres(voxel, centre, spacing) <= settings.pointRadius * Math.min(...spacing) * (1 + 1e-7);
    if (!inside || mask[at(size, ...voxel)] === Number(positive)) return;
    mask[at(size, ...voxel)] = Number(positive);
    flipped[at(size, ...voxel)] = 1;
  });
  return nonzeroBox(flipped, size);
}

function millimetres(a: Vec3, b: Vec3, spacing: Vec3): number {
  return Math.hypot(...map3((n) => (a[n] - b[n]) * spacing[n]));
}
