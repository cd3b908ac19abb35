import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { HttpError } from "../http/http-error.ts";

/** Longest silence of a sender. */
const silenceMs = 60_000;

const chunkBytes = 2 ** 18;

/** The stream's bytes; throws `request_timeout` when none come for a minute. */
export async function* watched(stream: Readable): AsyncGenerator<Uint8Array> {
  const timer = setTimeout(
    () => stream.destroy(new HttpError("request_timeout", `No data came for ${silenceMs / 1000} seconds`)),
    silenceMs,
  );
  try {
    for await (const chunk of stream) {
      timer.refresh();
      yield chunk;
    }
  } finally {
    clearTimeout(timer);
  }
}

/** What came as gzip (RFC 1952), unpacked as it comes. Throws `unreadable_image` when it is not, or is cut off. */
export async function* unpacked(stream: Readable): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: chunkBytes });
  let sourceError: unknown;
  const feed = async () => {
    for await (const chunk of watched(stream)) {
      if (gunzip.destroyed) return;
      if (!gunzip.write(chunk)) await new Promise((resolve) => gunzip.once("drain", resolve).once("close", resolve));
    }
    gunzip.end();
  };
  feed().catch((error: unknown) => {
    sourceError = error;
    gunzip.destroy();
  });
  try {
    yield* gunzip;
  } catch (cause) {
    if (sourceError) throw sourceError;
    throw new HttpError("unreadable_image", "The gzip data is damaged or cut off", { cause });
  } finally {
    gunzip.destroy();
  }
}

type Elements =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigUint64Array
  | BigInt64Array;

/** Makes a view of little-endian elements. */
export type ElementView = {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): Elements;
};

/**
 * Hands `use` the elements of an array of `count` as they come, with the place of the first in the array. Throws
 * `unreadable_image` when there are more or fewer.
 */
export async function readElements(
  chunks: AsyncIterable<Uint8Array>,
  count: number,
  View: ElementView,
  use: (elements: Elements, at: number) => void,
): Promise<void> {
  const width = View.BYTES_PER_ELEMENT;
  let at = 0;
  let left = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = left.length > 0 ? Buffer.concat([left, chunk]) : chunk;
    const whole = Math.floor(bytes.length / width);
    if (at + whole > count) throw wrongLength(count * width, "more");
    // A view needs its first element at a multiple of its width.
    const aligned = bytes.byteOffset % width === 0 ? bytes : Uint8Array.from(bytes);
    use(new View(aligned.buffer, aligned.byteOffset, whole), at);
    at += whole;
    left = Buffer.from(bytes.subarray(whole * width));
  }
  if (at !== count || left.length > 0) throw wrongLength(count * width, `${at * width + left.length}`);
}

/** The same chunks. Throws `unreadable_image` when they hold more or fewer bytes than expected. */
export async function* exactly(bytes: number, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let came = 0;
  for await (const chunk of chunks) {
    came += chunk.length;
    if (came > bytes) throw wrongLength(bytes, "more");
    yield chunk;
  }
  if (came < bytes) throw wrongLength(bytes, `${came}`);
}

function wrongLength(expected: number, came: string): HttpError {
  return new HttpError(
    "unreadable_image",
    `Expected ${expected} bytes of voxels, as many as the image's size makes; ${came} came`,
  );
}

/** Sets bit `n`, lowest first. */
export function setBit(bits: Uint8Array, n: number): void {
  bits[Math.floor(n / 8)] |= 1 << (n & 7);
}
