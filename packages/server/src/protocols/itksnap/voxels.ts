import { createReadStream, createWriteStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { gzipSync } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import { connectionSignal } from "../../http/call.ts";
import { HttpError } from "../../http/http-error.ts";
import type { ApiContext } from "../../routes/context.ts";
import { niftiHeaderOf } from "../array-file.ts";
import type { ArraySession } from "../array-session.ts";
import { reversed } from "../array-space.ts";
import { readForm } from "../form.ts";
import { readElements, unpacked } from "../incoming.ts";
import { type SentGrid, sentGrid } from "./geometry.ts";

/** Receives an image: float32 voxels, gzip, in the part `file`, and their grid in the part `metadata` before or behind it. */
export async function receiveVoxels(
  session: ArraySession,
  request: FastifyRequest,
  reply: FastifyReply,
  context: ApiContext,
): Promise<void> {
  const form = readForm(request);
  const announced = Number(request.headers["content-length"]);
  await session.receiveImage(
    {
      open: async () => (await form.file("file")).file,
      convert: async (from, to, signal) => writeNiftiFile(from, to, sentGrid(await form.field("metadata")), signal),
      expected: Number.isFinite(announced) ? announced : undefined,
      signal: connectionSignal(reply),
    },
    context,
  );
}

/** A gzip file may have several members: the head of a NIfTI file becomes the first, and what came follows as it is. */
async function writeNiftiFile(
  from: string,
  to: string,
  { size, affine }: SentGrid,
  signal: AbortSignal,
): Promise<void> {
  await checkLength(from, size[0] * size[1] * size[2]);
  const header = niftiHeaderOf({ shape: reversed(size), dtype: "float32", affine });
  await pipeline(createReadStream(from), prepend(gzipSync(header)), createWriteStream(to), { signal });
}

function prepend(first: Uint8Array) {
  return async function* (chunks: AsyncIterable<Uint8Array>) {
    yield first;
    yield* chunks;
  };
}

/** Throws `unreadable_image` unless the file is gzip and unpacks to so many float32 values. */
async function checkLength(path: string, voxels: number): Promise<void> {
  const { size } = await stat(path);
  const file = await open(path);
  try {
    const ends = Buffer.alloc(6);
    await file.read(ends, 0, 2, 0);
    await file.read(ends, 2, 4, Math.max(0, size - 4));
    if (ends[0] !== 0x1f || ends[1] !== 0x8b) throw new HttpError("unreadable_image", "The voxels are not gzip");
    // A member ends with the length of what it unpacks to, modulo 2^32 (RFC 1952): most files are of one.
    if (ends.readUInt32LE(2) === (4 * voxels) % 2 ** 32) return;
  } finally {
    await file.close();
  }
  await readElements(unpacked(createReadStream(path)), voxels, Float32Array, () => {});
}
