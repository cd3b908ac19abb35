import { checkAffine } from "./affine.ts";
import { hostIsLittleEndian, swapBytes, widenToFloat64 } from "./byte-order.ts";
import { type ByteReader, byteReader } from "./byte-reader.ts";
import { unpack, webGunzip } from "./gunzip.ts";
import { niftiDtypes } from "./nifti-dtype.ts";
import type { ByteSource, NiftiOptions } from "./nifti-read.ts";
import { type NrrdHeader, parseNrrdHeader } from "./nrrd-header.ts";
import type { NrrdSegment, SegNrrd } from "./seg-nrrd.ts";
import { VolumeError } from "./volume-error.ts";

/** No header with thousands of segments comes near it. */
const longestHeader = 2 ** 23;

/** A segment as it was found: what the file does not say is absent. */
export type FoundSegment = Pick<NrrdSegment, "id" | "value" | "layer"> & Partial<NrrdSegment>;

export type FoundSegments = Omit<SegNrrd, "segments"> & { readonly segments: readonly FoundSegment[] };

/** Whether a file that starts with these bytes is a NRRD file. */
export function isNrrd(start: Uint8Array): boolean {
  return new TextDecoder("latin1").decode(start.subarray(0, 7)) === "NRRD000";
}

/**
 * Reads and checks the header of a `.nrrd` file, and lets go of the source.
 *
 * @throws {VolumeError}
 */
export async function readNrrdHeader(
  source: ByteSource,
  { signal }: Pick<NiftiOptions, "signal"> = {},
): Promise<NrrdHeader> {
  const reader = byteReader(source, signal);
  try {
    return parseNrrdHeader(await headerText(reader));
  } finally {
    await reader.close();
  }
}

/**
 * Reads a `.seg.nrrd`, or a `.nrrd` label map, that has its voxels with it.
 *
 * @throws {VolumeError} when the file cannot be used; the source's own errors and the signal's reason come through
 */
export async function readSegNrrd(
  source: ByteSource,
  options: Omit<NiftiOptions, "frame"> = {},
): Promise<FoundSegments> {
  const {
    signal,
    gunzip = webGunzip,
    maxBytes = 2 ** 32,
    allocate = (bytes: number) => new ArrayBuffer(bytes),
  } = options;
  const raw = byteReader(source, signal);
  let reader = raw;
  try {
    const header = parseNrrdHeader(await headerText(raw));
    const { size, layers, affine, dtype, packed, littleEndian, keys } = header;
    checkAffine(affine);
    const { bytes: width, over } = niftiDtypes[dtype];
    const length = layers * size[0] * size[1] * size[2];
    if (length * width > maxBytes) {
      const what = `${layers > 1 ? `${layers} layers of ` : ""}${size.join(" × ")} voxels of ${dtype}`;
      throw new VolumeError("too-large", `The file is too large: ${what} take ${length * width} bytes.`);
    }
    if (packed) reader = byteReader(unpack(raw, gunzip), signal);
    const buffer = allocate(length * width);
    const bytes = new Uint8Array(buffer, 0, length * width);
    const got = await reader.fill(bytes);
    if (got < bytes.length) {
      throw new VolumeError("truncated", `The file ends after ${got} of ${bytes.length} bytes of voxels.`);
    }
    // Reading on to the end checks the sum behind the packed data.
    if (packed && (await reader.skip(1)) > 0) {
      throw new VolumeError("excess-data", "The file has more voxels than its header says.");
    }
    if (littleEndian !== hostIsLittleEndian) swapBytes(bytes, width);
    const data = over(buffer, length);
    if (dtype === "int64" || dtype === "uint64") widenToFloat64(data as Float64Array, dtype);
    return { data, layers, size, affine, segments: segmentsOf(keys) };
  } finally {
    await reader.close();
    await raw.close();
  }
}

/** Everything before the empty line, which is dropped with it. */
async function headerText(reader: ByteReader): Promise<string> {
  for (let wanted = 2 ** 12; wanted <= longestHeader; wanted *= 2) {
    const start = await reader.peek(wanted);
    if (!isNrrd(start)) break;
    for (let at = 0; at + 1 < start.length; at++) {
      if (start[at] !== 10) continue;
      const after = start[at + 1] === 10 ? 2 : start[at + 1] === 13 && start[at + 2] === 10 ? 3 : 0;
      if (after === 0) continue;
      const text = new TextDecoder().decode(start.subarray(0, at)).replace(/\r$/, "");
      await reader.skip(at + after);
      return text;
    }
    if (start.length < wanted) break;
  }
  throw new VolumeError("not-nrrd", "The file does not begin with a NRRD header.");
}

function segmentsOf(keys: ReadonlyMap<string, string>): FoundSegment[] {
  const segments: FoundSegment[] = [];
  for (let n = 0; keys.has(`Segment${n}_ID`) || keys.has(`Segment${n}_LabelValue`); n++) {
    const say = (key: string) => keys.get(`Segment${n}_${key}`);
    const status = /Segmentation\.Status:(notstarted|inprogress|completed)/.exec(say("Tags") ?? "")?.[1];
    segments.push({
      id: say("ID") ?? `Segment_${n}`,
      // Files of Slicer before 4.11 have one layer per segment, with the value 1.
      value: Number(say("LabelValue") ?? 1),
      layer: Number(say("Layer") ?? n),
      name: say("Name"),
      color: colorOf(say("Color")),
      status: status as NrrdSegment["status"],
    });
  }
  return segments;
}

function colorOf(text: string | undefined): string | undefined {
  const parts = (text ?? "").trim().split(/\s+/).map(Number);
  if (parts.length !== 3 || !parts.every((part) => part >= 0 && part <= 1)) return undefined;
  return `#${parts
    .map((part) =>
      Math.round(255 * part)
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
}
