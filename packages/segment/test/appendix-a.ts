import { type Box, boxSize, type Vec3, type Volume } from "@septum/volume";
import { swapAxes, swapBoxAxes } from "../src/engine-space.ts";
import type { Model, Prompt } from "../src/index.ts";
import { stubModel, stubSettings } from "../src/testing.ts";

/** Image, network and random stream of the inference spec's appendix A. Engine axes are the spec's `[x, y, z]`. */
const engineSize: Vec3 = [150, 170, 130];

const settings = stubSettings({
  patchSize: [128, 128, 128],
  pointRadius: 4,
  decay: 0.98,
  coverMargin: 24,
  borderChange: { absolute: 1500, minimum: 100, relative: 0.2 },
});

/** Sums of what the stub network was fed in one pass. */
export interface FedSums {
  readonly positivePoint: number;
  readonly image: number;
  readonly previous: number;
}

export function inTube(x: number, y: number, z: number): boolean {
  return (y - 60 - Math.floor(x / 4)) ** 2 + (z - 60) ** 2 < 324 && x >= 8 && x < 138;
}

export function scenarioImage(): Volume<Int16Array> {
  const [nx, ny, nz] = engineSize;
  const data = new Int16Array(nx * ny * nz);
  for (let x = 3, at = 3 * ny * nz; x < nx; x++) {
    for (let y = 0; y < ny; y++) {
      for (let z = 0; z < nz; z++, at++) {
        data[at] = (7 * x + 13 * y + 29 * z) % 17;
        if (inTube(x, y, z)) data[at] += 100;
        if ((x - 110) ** 2 + (y - 130) ** 2 + (z - 70) ** 2 < 484) data[at] += 80;
      }
    }
  }
  const affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  return { data, size: swapAxes(engineSize), affine, scaling: { slope: 1, intercept: 0 } };
}

export function valueAt(volume: Volume, [x, y, z]: Vec3): number {
  return volume.data[z + engineSize[2] * (y + engineSize[1] * x)];
}

/** A mask over a box of engine space; `set` gets positions relative to the box. C order is the volume's own order. */
export function drawing(
  box: Box,
  set: (a: number, b: number, c: number) => boolean,
): Pick<Extract<Prompt, { kind: "lasso" }>, "mask" | "box"> {
  const [n0, n1, n2] = boxSize(box);
  const mask = new Uint8Array(n0 * n1 * n2);
  for (let a = 0, at = 0; a < n0; a++) {
    for (let b = 0; b < n1; b++) for (let c = 0; c < n2; c++, at++) mask[at] = set(a, b, c) ? 1 : 0;
  }
  return { mask, box: swapBoxAxes(box) };
}

/** `logit1 = i + 2.5 (c1 + c3 + c5) - 3 (c2 + c4 + c6) + 0.25 c0 - 2`, `logit0 = 0`. */
export function scenarioModel(fed: FedSums[]): Model {
  const sum = (values: Float32Array) => {
    let total = 0;
    for (const value of values) total += value;
    return total;
  };
  return stubModel(settings, {
    bar: 2,
    onPass: ({ image, channels: c }) => fed.push({ positivePoint: sum(c[3]), image: sum(image), previous: sum(c[0]) }),
  });
}
