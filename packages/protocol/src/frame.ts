/**
 * The binary mask frame: one object's mask, or a label map, over a box of voxels. Little-endian.
 *
 * | offset | bytes | field |
 * | --- | --- | --- |
 * | 0 | 4 | magic, the letters `SPTM` |
 * | 4 | 1 | version, 1 |
 * | 5 | 1 | kind: 0 = mask of one object, 1 = label map |
 * | 6 | 1 | dtype: 0 = bit (8 voxels a byte, lowest bit first), 1 = uint8, 2 = uint16 |
 * | 7 | 1 | zero |
 * | 8 | 24 | box, half-open, uint32 each: i0, i1, j0, j1, k0, k1 |
 * | 32 | … | voxels of the box, `i` fastest, then `j`, then `k`, as one raw deflate stream up to the end |
 *
 * A mask is sent as bits, a label map as uint8 or uint16. A box of no extent has no voxels and an empty stream.
 */
import { type Box, bitBytes, boxVoxels, formatBox } from "@septum/volume";
import { inflateExactly, pipeBytes } from "./deflate.ts";

const magic = 0x4d545053;
const version = 1;
const headerBytes = 32;
/** Most voxels a frame may promise, unless the caller says otherwise: 2048 × 2048 × 512. */
const defaultMaxVoxels = 2 ** 31;

/** Mask of one object: one bit per voxel of `box`, `i` fastest, lowest bit first, `ceil(voxels / 8)` bytes. */
export interface MaskFrame {
  readonly kind: "mask";
  readonly box: Box;
  readonly data: Uint8Array;
}

/** Label of every voxel of `box`, `i` fastest; 0 = no object. */
export interface LabelFrame {
  readonly kind: "labels";
  readonly box: Box;
  readonly data: Uint8Array | Uint16Array;
}

export type Frame = MaskFrame | LabelFrame;

/** The bytes are not a whole frame of ours; the message says where it went wrong. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

/** Throws `FrameError` when `data` is not as long as its box needs. */
export async function encodeFrame(frame: Frame): Promise<Uint8Array<ArrayBuffer>> {
  const dtype = frame.kind === "mask" ? 0 : frame.data.BYTES_PER_ELEMENT === 1 ? 1 : 2;
  const bytes = payloadBytes(boxVoxels(frame.box), dtype);
  if (frame.data.byteLength !== bytes) {
    throw new FrameError(
      `Cannot encode ${frame.kind} frame: ${frame.data.byteLength} bytes given, its box has ${bytes}`,
    );
  }
  const header = new DataView(new ArrayBuffer(headerBytes));
  header.setUint32(0, magic, true);
  header.setUint8(4, version);
  header.setUint8(5, frame.kind === "mask" ? 0 : 1);
  header.setUint8(6, dtype);
  frame.box.flat().forEach((edge, index) => {
    header.setUint32(8 + 4 * index, edge, true);
  });
  // Every machine that runs a browser or Node is little-endian, as the frame is.
  const raw = new Uint8Array(frame.data.buffer, frame.data.byteOffset, frame.data.byteLength);
  const deflated = await pipeBytes(raw, new CompressionStream("deflate-raw"));
  const out = new Uint8Array(headerBytes + deflated.length);
  out.set(new Uint8Array(header.buffer));
  out.set(deflated, headerBytes);
  return out;
}

/**
 * Throws `FrameError` on anything but a whole frame. No more memory is taken than the header's box needs, and none at
 * all when that is more than `maxVoxels`.
 */
export async function decodeFrame(bytes: Uint8Array, options: { readonly maxVoxels?: number } = {}): Promise<Frame> {
  const { maxVoxels = defaultMaxVoxels } = options;
  if (bytes.length < headerBytes) {
    throw new FrameError(`Not a mask frame: ${bytes.length} bytes, the header alone has ${headerBytes}`);
  }
  const header = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  if (header.getUint32(0, true) !== magic) throw new FrameError("Not a mask frame: it does not begin with SPTM");
  if (header.getUint8(4) !== version) {
    throw new FrameError(`Mask frame of version ${header.getUint8(4)}: this reader knows version ${version}`);
  }
  const kind = header.getUint8(5);
  const dtype = header.getUint8(6);
  if (!(kind === 0 && dtype === 0) && !(kind === 1 && (dtype === 1 || dtype === 2))) {
    throw new FrameError(`Mask frame with kind ${kind} and dtype ${dtype}: expected 0 and 0, 1 and 1, or 1 and 2`);
  }
  if (header.getUint8(7) !== 0) throw new FrameError("Mask frame with a reserved byte in use");
  const box = readBox(header);
  const voxels = boxVoxels(box);
  if (voxels > maxVoxels) throw new FrameError(`Mask frame of ${voxels} voxels: at most ${maxVoxels} are taken`);
  const raw = await inflateExactly(bytes.subarray(headerBytes), payloadBytes(voxels, dtype)).catch((cause: unknown) => {
    throw new FrameError(`Damaged mask frame: ${cause instanceof Error ? cause.message : "cannot inflate"}`, { cause });
  });
  if (kind === 0) return { kind: "mask", box, data: raw };
  return { kind: "labels", box, data: dtype === 1 ? raw : new Uint16Array(raw.buffer) };
}

function readBox(header: DataView): Box {
  const edge = (index: number) => header.getUint32(8 + 4 * index, true);
  const box: Box = [
    [edge(0), edge(1)],
    [edge(2), edge(3)],
    [edge(4), edge(5)],
  ];
  if (box.some(([lo, hi]) => hi < lo))
    throw new FrameError(`Mask frame with a box that ends before it begins: ${formatBox(box)}`);
  return box;
}

function payloadBytes(voxels: number, dtype: number): number {
  return dtype === 0 ? bitBytes(voxels) : voxels * dtype;
}
