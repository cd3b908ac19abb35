import { setImmediate } from "node:timers/promises";
import { bitBytes, boxVoxels, wholeBox, writeNrrdHeader } from "@septum/volume";
import { gzip } from "../../engine/gzip.ts";
import type { Session } from "../../sessions/session.ts";
import { maskPieces } from "../whole-mask.ts";

/** A mask packs well at any level: the least takes the least time. */
const packLevel = 1;

/** An object's mask as a NRRD file on the image's grid: 1 where the object is. Without a label it is empty. */
export function maskFile(session: Session, label: number | undefined, encoding: "raw" | "gzip"): Promise<Buffer> {
  return session.useImage(async (opened) => {
    const { size, affine } = opened.image.info;
    const whole = wholeBox(size);
    const voxels = boxVoxels(whole);
    const bits =
      label === undefined ? new Uint8Array(bitBytes(voxels)) : await (await opened.object(label)).maskBits(whole);
    const pieces = maskPieces(bits, voxels);
    const head = writeNrrdHeader({ size, affine, dtype: "uint8", encoding });
    if (encoding === "gzip") return Buffer.concat([head, await gzip(pieces, packLevel)]);
    const chunks: Uint8Array[] = [head];
    for (const piece of pieces) {
      chunks.push(piece);
      await setImmediate();
    }
    return Buffer.concat(chunks);
  });
}

/** A form of a text field and a file, as MONAI Label's client reads it. */
export function formOf(
  params: unknown,
  name: string,
  file: Uint8Array,
): { readonly type: string; readonly body: Buffer } {
  const boundary = `septum-${crypto.randomUUID()}`;
  const part = (head: string) => Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`);
  const body = Buffer.concat([
    // The client takes a part with a file name for a file.
    part('name="params"\r\nContent-Type: application/json'),
    Buffer.from(`${JSON.stringify(params)}\r\n`),
    part(`name="image"; filename="${name}"\r\nContent-Type: application/octet-stream`),
    file,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  return { type: `multipart/form-data; boundary=${boundary}`, body };
}
