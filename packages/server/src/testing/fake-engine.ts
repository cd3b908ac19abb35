import { createReadStream } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Prompt } from "@septum/segment";
import {
  type Box,
  boxVoxels,
  type NiftiHeader,
  orientation,
  packBits,
  readNifti,
  spacing,
  type Volume,
  volumeStatistics,
  wholeBox,
  writeNifti,
} from "@septum/volume";
import { slicePlane, sliceToVoxel } from "../drawing/slice-plane.ts";
import type { Engine, OpenImage } from "../engine/engine.ts";
import { exportFile } from "../engine/export/export-file.ts";
import { cutLabels, readMaskFile } from "../engine/mask-file.ts";
import { eachVoxel, type FakeObject, fakeObject, type OnPass, settleFakes } from "./fake-object.ts";

export interface FakeEngineOptions {
  /** Waited for in every pass: lets a test hold a run where it wants it. */
  readonly onPass?: OnPass;
}

export interface FakeEngine extends Engine {
  /** Images that are in memory now. */
  readonly open: ReadonlySet<OpenImage>;
  /** Prompts applied so far, in order. */
  readonly applied: readonly Prompt[];
}

/**
 * An engine in plain memory for tests of what lies above it: real files, and a network that takes a cube around every point
 * and whatever else was drawn, in two passes.
 */
export function fakeEngine({ onPass }: FakeEngineOptions = {}): FakeEngine {
  const open = new Set<OpenImage>();
  const applied: Prompt[] = [];
  return {
    open,
    applied,
    model: {
      name: "fake",
      licence: "Apache-2.0",
      patchSize: [8, 8, 8],
      settings: {
        patchSize: [8, 8, 8],
        interactionChannels: 7,
        channels: { previous: 0, bbox2d: [1, 2], lasso: [1, 2], points: [3, 4], scribble: [5, 6] },
        supported: { points: true, bbox2d: true, bbox3d: false, scribble: true, lasso: true },
        supportsInitialMask: true,
        pointRadius: 4,
        decay: 0.98,
        coverMargin: 1,
        borderChange: { absolute: 10, minimum: 1, relative: 0.01 },
      },
      device: "cpu",
      providers: [
        { name: "cuda", ok: false, reason: "this build has no CUDA" },
        { name: "cpu", ok: true },
      ],
    },
    secondsPerPass: 0.25,
    queue: { waiting: 0, running: 0 },
    async openImage(path, { signal, maxBytes, frame }) {
      const { volume, header } = await readNifti(createReadStream(path), { signal, maxBytes, frame });
      const { size, affine, scaling, data } = volume;
      const { range, window } = volumeStatistics(volume);
      const objects = new Map<number, FakeObject>();
      const labelMap = (labels: readonly number[], box: Box, values = labels) => {
        const map = values.some((value) => value > 255)
          ? new Uint16Array(boxVoxels(box))
          : new Uint8Array(boxVoxels(box));
        for (const [n, label] of labels.entries()) {
          const mask = objects.get(label)?.mask();
          if (mask)
            eachVoxel(box, size, (voxel, at) => mask[voxel] && map[at] === 0 && map.fill(values[n], at, at + 1));
        }
        return map;
      };
      const image: OpenImage = {
        info: {
          size,
          affine,
          scaling,
          range,
          window,
          spacing: spacing(affine),
          orientation: orientation(affine),
          dtype: header.dtype,
        },
        bytes: data.byteLength,
        async slice({ axis, index, window: shown }) {
          const { row, column } = slicePlane(axis);
          const [low, width] = shown
            ? [shown.level - shown.width / 2, shown.width]
            : [window[0], window[1] - window[0] || 1];
          const [rows, columns] = [size[row], size[column]];
          const grey = new Uint8ClampedArray(rows * columns);
          for (let y = 0; y < rows; y++) {
            for (let x = 0; x < columns; x++) {
              const [i, j, k] = sliceToVoxel(axis, index, x, y);
              const value = scaling.slope * data[i + size[0] * (j + size[1] * k)] + scaling.intercept;
              grey[x + columns * y] = (255 * (value - low)) / width;
            }
          }
          return { rows, columns, data: new Uint8Array(grey.buffer) };
        },
        slicePng: async () => Uint8Array.from([0x89, 0x50, 0x4e, 0x47]),
        nifti: async () => packed(volume, header),
        async object(label, saved) {
          const known = objects.get(label);
          if (known && !saved) return known.object;
          const made = fakeObject(label, volume, saved?.get(""), applied, onPass);
          objects.set(label, made);
          return made.object;
        },
        removeObject: (label) => void objects.delete(label),
        settle: async (label, beside) => settleFakes(label, beside, (other) => objects.get(other) as FakeObject, size),
        labelMap: async (labels, box = wholeBox(size)) => ({ box, data: labelMap(labels, box) }),
        async labelNifti(chosen) {
          const [labels, values] = [chosen.map(({ label }) => label), chosen.map(({ value }) => value)];
          const map = {
            data: labelMap(labels, wholeBox(size), values),
            size,
            affine,
            scaling: { slope: 1, intercept: 0 },
          };
          return packed(map, header);
        },
        readMasks: (maskPath) => readMaskFile({ path: maskPath, size, affine }),
        cutMask: async (file, labels) => cutLabels(file, labels),
        async exportFile(format, segments) {
          const { data: _, ...grid } = volume;
          const bits = (label: number) =>
            packBits(objects.get(label)?.mask() ?? new Uint8Array(boxVoxels(wholeBox(size))));
          const masks = segments.map((segment) => ({ ...segment, bits: bits(segment.label) }));
          return exportFile({ format, masks, grid, source: header });
        },
        close: () => void open.delete(image),
      };
      open.add(image);
      return image;
    },
    async ping() {},
    async close() {
      open.clear();
    },
  };
}

function packed(volume: Volume, source: NiftiHeader): Uint8Array {
  const { header, data } = writeNifti(volume, { source });
  return gzipSync(Buffer.concat([header, data]));
}
