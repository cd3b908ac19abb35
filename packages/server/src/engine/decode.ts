import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { type PreparedImage, prepareImage, SegmentError } from "@septum/segment";
import {
  type NiftiHeader,
  orientation,
  readNifti,
  spacing,
  type Volume,
  type VolumeStatistics,
  volumeStatistics,
} from "@septum/volume";
import type { ImageInfo, OpenOptions } from "./engine.ts";

/** An image in shared memory with all that is worked out once. Plain data, for any thread. */
export interface DecodedImage {
  readonly prepared: PreparedImage;
  /** Of the file, for files written on the same grid. */
  readonly header: NiftiHeader;
  readonly info: ImageInfo;
}

export interface DecodeRequest extends Pick<OpenOptions, "maxBytes" | "frame"> {
  readonly path: string;
}

/** Larger pieces cost fewer trips between this thread and the one that unpacks; beyond this the cache is left. */
const chunkBytes = 2 ** 20;

/**
 * Reads a NIfTI file into a `SharedArrayBuffer` and works out its statistics and normalisation.
 *
 * @throws {VolumeError} when the file cannot be read, or its voxels would take more than `maxBytes`
 * @throws {SegmentError} `ImageUnusable` when it can be read but not segmented
 */
export async function decodeImage({ path, maxBytes, frame }: DecodeRequest): Promise<DecodedImage> {
  const { volume, header } = await readNifti(createReadStream(path, { highWaterMark: chunkBytes }), {
    maxBytes,
    frame,
    gunzip: nodeGunzip,
    allocate: (bytes) => new SharedArrayBuffer(bytes),
  });
  const statistics = volumeStatistics(volume);
  checkUsable(volume, statistics);
  const prepared = prepareImage(volume, statistics.counts);
  return { prepared, header, info: describe(volume, header, statistics) };
}

/** `compose` would do the same, but on Node 20 it raises an error that nobody can catch when a file is cut off. */
export function nodeGunzip(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const unpacked = createGunzip({ chunkSize: chunkBytes });
  const packed = Readable.from(chunks);
  packed.once("error", (error) => unpacked.destroy(error));
  unpacked.once("close", () => packed.destroy());
  return packed.pipe(unpacked);
}

function checkUsable({ data }: Volume, { nonFinite, allZero, constant, range }: VolumeStatistics): void {
  const problem =
    nonFinite > 0
      ? `${nonFinite} of its ${data.length} voxels are not finite numbers; replace them first`
      : allZero
        ? "every voxel is zero"
        : constant
          ? `every voxel has the value ${range[0]}, so there is no contrast to see`
          : undefined;
  if (problem) throw new SegmentError("ImageUnusable", `Cannot segment this image: ${problem}`);
}

function describe(volume: Volume, { dtype }: NiftiHeader, { range, window }: VolumeStatistics): ImageInfo {
  const { size, affine, scaling } = volume;
  return {
    size,
    affine,
    spacing: spacing(affine),
    orientation: orientation(affine),
    dtype,
    scaling,
    range,
    // All that is not zero may have one value, such as in a mask: a window needs a width.
    window: window[0] < window[1] ? window : range,
  };
}
