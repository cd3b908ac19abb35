import { createWriteStream, existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { createGzip } from "node:zlib";
import { type Vec3, type Volume, writeNifti } from "@septum/volume";

const cache = fileURLToPath(new URL("../../.cache/bench/", import.meta.url));

/**
 * A CT-like int16 scan: air around a body with some round organs, noise of 12 units everywhere. Same seed, same voxels.
 * Packed it is about half its size, as real CT is.
 */
export function syntheticScan(size: Vec3, seed = 1): Volume<Int16Array> {
  const [ni, nj, nk] = size;
  const data = new Int16Array(ni * nj * nk);
  const random = mulberry32(seed);
  const noise = Int16Array.from({ length: 65_536 }, () => Math.round(12 * (random() + random() + random() - 1.5) * 2));
  const organs = Array.from({ length: 6 }, () => ({
    centre: [0.3 + 0.4 * random(), 0.3 + 0.4 * random(), 0.15 + 0.7 * random()] as const,
    radius: 0.04 + 0.06 * random(),
    value: 20 + Math.round(200 * random()),
  }));
  let at = 0;
  for (let k = 0; k < nk; k++) {
    for (let j = 0; j < nj; j++) {
      const y = j / nj;
      for (let i = 0; i < ni; i++, at++) {
        const x = i / ni;
        const body = ((x - 0.5) / 0.42) ** 2 + ((y - 0.5) / 0.34) ** 2 < 1;
        let value = body ? 40 : -1000;
        for (const { centre, radius, value: own } of organs) {
          const distance = (x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (k / nk - centre[2]) ** 2;
          if (distance < radius * radius) value = own;
        }
        data[at] = value + (noise[(at * 7 + k * 131) & 65_535] as number);
      }
    }
  }
  return {
    data,
    size,
    affine: [-0.7, 0, 0, 180, 0, -0.7, 0, 180, 0, 0, 1, -150, 0, 0, 0, 1],
    scaling: { slope: 1, intercept: 0 },
  };
}

/** Path of that scan as a `.nii.gz`, made once and kept outside git. */
export async function syntheticFile(size: Vec3, seed = 1): Promise<string> {
  const path = join(cache, `ct-${size.join("x")}-${seed}.nii.gz`);
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  const { header, data } = writeNifti(syntheticScan(size, seed));
  const chunk = 1 << 20;
  async function* bytes() {
    yield header;
    for (let at = 0; at < data.length; at += chunk) yield data.subarray(at, at + chunk);
  }
  await pipeline(bytes, createGzip(), createWriteStream(`${path}.part`));
  renameSync(`${path}.part`, path);
  return path;
}

/** Small seeded generator, uniform in [0, 1). After Tommy Ettinger's Mulberry32 (public domain). */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
