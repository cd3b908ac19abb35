import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

const pieceBytes = 2 ** 20;

/**
 * Packs the parts one after the other; they may view shared memory. Only one part and the packed bytes are held at a time.
 * The result has its buffer to itself, so that it can be moved to another thread.
 */
export async function gzip(parts: Iterable<Uint8Array>, level: number): Promise<Uint8Array<ArrayBuffer>> {
  const packed: Uint8Array[] = [];
  const collect = async (chunks: AsyncIterable<Uint8Array>) => {
    for await (const chunk of chunks) packed.push(chunk);
  };
  await pipeline(Readable.from(pieces(parts)), createGzip({ level, chunkSize: pieceBytes }), collect);
  const bytes = new Uint8Array(packed.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of packed) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function* pieces(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += pieceBytes) yield part.subarray(at, at + pieceBytes);
  }
}
