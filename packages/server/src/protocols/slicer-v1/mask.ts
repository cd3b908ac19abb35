import type { Readable } from "node:stream";
import { fromHalfBits, getBit, type Vec3 } from "@septum/volume";
import { HttpError } from "../../http/http-error.ts";
import { type ElementView, readElements, setBit, unpacked } from "../incoming.ts";
import { emptyBits } from "../whole-mask.ts";
import { shapeOf } from "./image.ts";
import { type NpyType, readNpy } from "./npy.ts";

const views: Readonly<Record<NpyType, ElementView>> = {
  b1: Uint8Array,
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  u8: BigUint64Array,
  i8: BigInt64Array,
  f2: Uint16Array,
  f4: Float32Array,
  f8: Float64Array,
};

/**
 * A mask over the whole image, gzip of `.npy`, as one bit per voxel (C order, lowest bit first). Scribbles are differences of
 * two masks: what was erased comes as -1, or as the highest value there is, so that where any voxel is 1 only those count.
 *
 * Throws `unreadable_image`, also when the shape is not the image's.
 */
export async function readMask(file: Readable, shape: Vec3): Promise<Uint8Array> {
  const { header, data } = await readNpy(unpacked(file));
  const sent = shapeOf(header);
  if (sent.some((extent, axis) => extent !== shape[axis])) {
    throw new HttpError(
      "unreadable_image",
      `The mask's shape is [${sent.join(", ")}], and the image's is [${shape.join(", ")}]`,
    );
  }
  if (!header.littleEndian) throw new HttpError("unreadable_image", "The mask is big-endian: send it little-endian");
  const ones = emptyBits(shape);
  const some = emptyBits(shape);
  let anyOne = false;
  const half = header.type === "f2";
  await readElements(data, shape[0] * shape[1] * shape[2], views[header.type], (elements, at) => {
    for (let n = 0; n < elements.length; n++) {
      const element = elements[n];
      if (!element) continue;
      setBit(some, at + n);
      if ((half ? fromHalfBits(Number(element)) : Number(element)) !== 1) continue;
      setBit(ones, at + n);
      anyOne = true;
    }
  });
  const bits = anyOne ? ones : some;
  return header.fortranOrder ? turned(bits, shape) : bits;
}

/** Bits with the first axis fastest, put into C order. */
function turned(bits: Uint8Array, shape: Vec3): Uint8Array {
  const [a0, a1, a2] = shape;
  const out = emptyBits(shape);
  for (let n0 = 0, at = 0; n0 < a0; n0++) {
    for (let n1 = 0; n1 < a1; n1++) {
      for (let n2 = 0; n2 < a2; n2++, at++) if (getBit(bits, n0 + a0 * (n1 + a1 * n2))) setBit(out, at);
    }
  }
  return out;
}
