import { hostIsLittleEndian, swapBytes, widenToFloat64 } from "./byte-order.ts";
import { type ByteReader, byteReader } from "./byte-reader.ts";
import { type Gunzip, isGzip, unpack, webGunzip } from "./gunzip.ts";
import { niftiDtypes } from "./nifti-dtype.ts";
import { longestHeader, type NiftiHeader, parseNiftiHeader } from "./nifti-header.ts";
import type { Volume } from "./volume.ts";
import { VolumeError } from "./volume-error.ts";

/** The bytes of a file in chunks of any size: a Node stream, a web stream, or an array in a generator. */
export type ByteSource = AsyncIterable<Uint8Array>;

export interface NiftiHeaderOptions {
  readonly signal?: AbortSignal;
  /** How packed files are unpacked (default: the web's `DecompressionStream`; see `webGunzip` for its limit). */
  readonly gunzip?: Gunzip;
}

export interface NiftiOptions extends NiftiHeaderOptions {
  /** Which volume of a file with several, from 0. Those behind it are not read. */
  readonly frame?: number;
  /** Makes the memory for the voxels (default: an `ArrayBuffer`). Called once, after the header was found good. */
  readonly allocate?: (bytes: number) => ArrayBufferLike;
  /** Most bytes the voxels of the volume may take (default: 4 GiB). Refused before `allocate` is called. */
  readonly maxBytes?: number;
}

export interface NiftiImage {
  readonly volume: Volume;
  readonly header: NiftiHeader;
}

const defaultMaxBytes = 2 ** 32;

/** Some writers pad files or append notes; more than this behind the voxels means that the header is wrong. */
const trailingBytesAllowed = 2 ** 20;

/**
 * Reads and checks the header of a NIfTI file, packed or not, or of a `.hdr`, and lets go of the source.
 *
 * @throws {VolumeError}
 */
export async function readNiftiHeader(source: ByteSource, options: NiftiHeaderOptions = {}): Promise<NiftiHeader> {
  return withReader(source, options, async (reader) => parseNiftiHeader(await reader.peek(longestHeader)));
}

/**
 * Reads a NIfTI file, packed or not: the voxels go as they are unpacked into the memory they stay in.
 *
 * Source: nifti1.h and nifti2.h of the NIfTI Data Format Working Group.
 *
 * @example
 * ```ts
 * const { volume, header } = await readNifti(file.stream());
 * ```
 *
 * @throws {VolumeError} when the file cannot be used; the source's own errors and the signal's reason come through
 */
export async function readNifti(source: ByteSource, options: NiftiOptions = {}): Promise<NiftiImage> {
  return withReader(source, options, async (reader) => {
    const header = parseNiftiHeader(await reader.peek(longestHeader));
    if (header.pair) {
      throw new VolumeError(
        "not-a-pair",
        "This is the header of a .hdr/.img pair: the .img file with the voxels is needed too.",
      );
    }
    return { volume: await readVoxels(reader, header, options), header };
  });
}

/**
 * Reads a pair of `.hdr` and `.img` files, each packed or not.
 *
 * @throws {VolumeError} as `readNifti`
 */
export async function readNiftiPair(
  headerSource: ByteSource,
  imageSource: ByteSource,
  options: NiftiOptions = {},
): Promise<NiftiImage> {
  let header: NiftiHeader;
  try {
    header = await readNiftiHeader(headerSource, options);
    if (!header.pair) {
      throw new VolumeError(
        "not-a-pair",
        "The header says that its voxels are in the same file: open that file alone.",
      );
    }
  } catch (error) {
    await byteReader(imageSource).close();
    throw error;
  }
  return withReader(imageSource, options, async (reader) => ({
    volume: await readVoxels(reader, header, options),
    header,
  }));
}

async function withReader<T>(
  source: ByteSource,
  { signal, gunzip = webGunzip }: NiftiHeaderOptions,
  use: (reader: ByteReader) => Promise<T>,
): Promise<T> {
  const raw = byteReader(source, signal);
  let reader = raw;
  try {
    if (isGzip(await raw.peek(2))) reader = byteReader(unpack(raw, gunzip), signal);
    return await use(reader);
  } finally {
    await reader.close();
    await raw.close();
  }
}

async function readVoxels(reader: ByteReader, header: NiftiHeader, options: NiftiOptions): Promise<Volume> {
  const { size, dtype, affine, scaling, voxelOffset, frames } = header;
  const { bytes: width, over } = niftiDtypes[dtype];
  const frame = chooseFrame(header, options.frame);
  const length = size[0] * size[1] * size[2];
  const byteLength = length * width;
  const buffer = allocateVoxels(byteLength, header, options);
  const bytes = new Uint8Array(buffer, 0, byteLength);

  const start = voxelOffset + frame * byteLength;
  try {
    await reader.skip(start);
    if (reader.position === start) await reader.fill(bytes);
  } catch (error) {
    throw error instanceof VolumeError ? shortBody(header, reader.position, error) : error;
  }
  if (reader.position < start + byteLength) throw shortBody(header, reader.position);
  if (frame === frames - 1) await checkEnd(reader);

  if (header.littleEndian !== hostIsLittleEndian) swapBytes(bytes, width);
  const data = over(buffer, length);
  if (dtype === "int64" || dtype === "uint64") widenToFloat64(data as Float64Array, dtype);
  return { data, size, affine, scaling };
}

function chooseFrame({ frames, size, dims }: NiftiHeader, frame: number | undefined): number {
  const held = `${frames} volumes of ${size.join(" × ")} voxels (the file is ${dims.join(" × ")})`;
  if (frame === undefined) {
    if (frames === 1) return 0;
    throw new VolumeError("several-volumes", `The file holds ${held}: choose one, from 0 to ${frames - 1}.`);
  }
  if (Number.isInteger(frame) && frame >= 0 && frame < frames) return frame;
  const choices =
    frames === 1 ? "the file holds one volume, number 0" : `the file holds ${held}, numbers 0 to ${frames - 1}`;
  throw new VolumeError("no-such-frame", `There is no volume ${frame}: ${choices}.`);
}

function allocateVoxels(bytes: number, header: NiftiHeader, options: NiftiOptions): ArrayBufferLike {
  const { maxBytes = defaultMaxBytes, allocate = (count: number) => new ArrayBuffer(count) } = options;
  const what = `${header.size.join(" × ")} voxels of ${header.dtype} take ${readableBytes(bytes)}`;
  if (bytes > maxBytes)
    throw new VolumeError("too-large", `The image is too large: ${what}, and ${readableBytes(maxBytes)} are allowed.`);
  let buffer: ArrayBufferLike;
  try {
    buffer = allocate(bytes);
  } catch (cause) {
    throw new VolumeError("too-large", `The image is too large: ${what}, which could not be had.`, { cause });
  }
  if (buffer.byteLength < bytes) {
    throw new VolumeError("bad-volume", `Cannot read into a buffer of ${buffer.byteLength} bytes: ${what}.`);
  }
  return buffer;
}

/** Reads on to the end, so that a checksum behind the data is seen, but never far beyond what the header promises. */
async function checkEnd(reader: ByteReader): Promise<void> {
  const trailing = await reader.skip(trailingBytesAllowed + 1);
  if (trailing <= trailingBytesAllowed) return;
  throw new VolumeError(
    "excess-data",
    `The file goes on for more than ${trailingBytesAllowed} bytes after the voxels its header promises: header and data do not belong together.`,
  );
}

function shortBody(header: NiftiHeader, found: number, cause?: VolumeError): VolumeError {
  const { dims, dtype, voxelOffset } = header;
  const promised = dims.reduce((product, length) => product * length, niftiDtypes[dtype].bytes);
  const shape = `${dims.join(" × ")} voxels of ${dtype}`;
  const held = Math.max(0, found - voxelOffset);
  const why = cause ? "The gzip data is damaged or cut off" : "The file ends too soon";
  return new VolumeError(
    cause?.code ?? "truncated",
    `${why}: the header promises ${shape} (${promised} bytes from byte ${voxelOffset} on), found ${held} bytes of them.`,
    { cause },
  );
}

/** `"120 bytes"`, `"1.5 GiB"`. */
function readableBytes(bytes: number): string {
  const step = Math.min(4, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  if (step === 0) return `${bytes} bytes`;
  return `${Number((bytes / 1024 ** step).toPrecision(4))} ${["KiB", "MiB", "GiB", "TiB"][step - 1]}`;
}
