import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { boxVoxels, type NiftiHeader, readNiftiHeader, type Vec3, wholeBox } from "@septum/volume";
import { bytesPerValue } from "../engine/value-bytes.ts";
import { HttpError } from "../http/http-error.ts";

/**
 * Bytes for every voxel besides its value: eight objects of one bit each, what a prediction holds while it runs, and the
 * history of them all. With int16 it makes the 3.5 bytes of the design's budget for an open session.
 */
const bytesBesides = 1.5;

/** A file that unpacks to less than this is taken however well it was packed. */
const smallBytes = 64 * 2 ** 20;

/** Bytes of memory to be kept free for a session with such an image: its voxels, objects on it, and work on those. */
export function imageCost(size: Vec3, dtype: string): number {
  return Math.ceil(boxVoxels(wholeBox(size)) * (bytesPerValue(dtype) + bytesBesides));
}

/**
 * What the image in a file will cost, from its header alone.
 *
 * Throws `VolumeError`s of `@septum/volume` when there is no header to read, and `unreadable_image` when the file claims to
 * unpack to more than `maxUnpackRatio` times its size.
 */
export async function fileCost(path: string, maxUnpackRatio: number, signal: AbortSignal): Promise<number> {
  const header = await readNiftiHeader(createReadStream(path), { signal });
  const { size } = await stat(path);
  const unpacked = unpackedBytes(header);
  if (unpacked > smallBytes && unpacked > size * maxUnpackRatio) {
    throw new HttpError(
      "unreadable_image",
      `The file would grow ${Math.round(unpacked / size)} times by unpacking; this server takes up to ${maxUnpackRatio} times`,
    );
  }
  return imageCost(header.size, header.dtype);
}

function unpackedBytes({ dims, dtype, voxelOffset }: NiftiHeader): number {
  return voxelOffset + dims.reduce((product, length) => product * length, bytesPerValue(dtype));
}
