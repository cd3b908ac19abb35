import { createReadStream } from "node:fs";
import { access, constants, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type NiftiHeader, type NiftiImage, readNifti, type Volume, VolumeError, writeNifti } from "@septum/volume";
import { CommandError, reasonOf, UsageError } from "./errors.ts";

/** Reads a NIfTI file. Throws `CommandError` naming the file. */
export async function readImageFile(path: string, frame?: number): Promise<NiftiImage> {
  try {
    return await readNifti(createReadStream(path, { highWaterMark: 1 << 20 }), { frame });
  } catch (cause) {
    const reason = cause instanceof VolumeError ? cause.message : reasonOf(cause);
    throw new CommandError(`Cannot read ${path}: ${reason}`, { cause });
  }
}

/** Throws `UsageError` for a file name that is not a NIfTI file's. */
export function checkMaskName(path: string): void {
  if (!/\.nii(\.gz)?$/i.test(path)) throw new UsageError(`--out ${path}: the name has to end in .nii.gz or .nii`);
}

/** Finds out before the work whether its result could be kept. Throws `CommandError`. */
export async function checkWritable(path: string): Promise<void> {
  await access(dirname(path), constants.W_OK).catch((cause) => {
    throw new CommandError(`Cannot write to the folder of ${path}: ${reasonOf(cause)}`, { cause });
  });
}

/** Writes a mask, uint8, with the geometry of the file that `source` is the header of. */
export async function writeMaskFile(path: string, mask: Volume<Uint8Array>, source: NiftiHeader): Promise<void> {
  const { header, data } = writeNifti(mask, { source, labels: true, description: "segmented with Septum" });
  const bytes = Buffer.concat([header, data]);
  await writeFileWhole(path, /\.gz$/i.test(path) ? await promisify(gzip)(bytes) : bytes);
}

/** The file is there with all its content, or as it was before. */
export async function writeFileWhole(path: string, content: string | Uint8Array): Promise<void> {
  const part = `${path}.${process.pid}.part`;
  try {
    await writeFile(part, content);
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true });
    throw new CommandError(`Cannot write ${path}: ${reasonOf(cause)}`, { cause });
  }
}
