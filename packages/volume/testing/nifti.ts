import { gzipSync } from "node:zlib";
import { type Volume, writeNifti } from "@septum/volume";

/** A 3 × 4 × 5 int16 volume counting from 100, oblique and anisotropic. */
export const counting: Volume<Int16Array> = {
  data: Int16Array.from({ length: 60 }, (_, n) => 100 + n),
  size: [3, 4, 5],
  affine: [0.375, -1, 1, -12.5, 0.25, 1.5, 0.5, 7.25, 0.125, -0.25, -4, 100, 0, 0, 0, 1],
  scaling: { slope: 1, intercept: 0 },
};

/** The bytes of a `.nii` file, changed by `edit`: offsets as in nifti1.h (or nifti2.h), little-endian. */
export function niftiBytes(volume: Volume, edit: (view: DataView) => void = () => {}): Uint8Array {
  const { header, data } = writeNifti(volume);
  const bytes = new Uint8Array(header.length + data.length);
  bytes.set(header);
  bytes.set(data, header.length);
  edit(new DataView(bytes.buffer));
  return bytes;
}

/** The two files of a pair. */
export function pairBytes(volume: Volume): { header: Uint8Array; image: Uint8Array } {
  const bytes = niftiBytes(volume, (view) => {
    view.setUint8(345, "i".charCodeAt(0));
    view.setFloat32(108, 0, true);
  });
  return { header: bytes.subarray(0, 348), image: bytes.subarray(352) };
}

export function gzip(...members: Uint8Array[]): Uint8Array {
  return Buffer.concat(members.map((member) => gzipSync(member)));
}
