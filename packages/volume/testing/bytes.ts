import { readFile } from "node:fs/promises";
import { PassThrough, pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Gunzip } from "@septum/volume";

/** A source that says what became of it. */
export interface WatchedSource extends AsyncIterable<Uint8Array> {
  /** Bytes asked for. */
  readonly taken: number;
  /** Read to its end, or told that no more is wanted. */
  readonly closed: boolean;
}

/** `bytes` in chunks of the given sizes, used in turn. */
export function inChunks(bytes: Uint8Array, ...sizes: number[]): WatchedSource {
  let taken = 0;
  let closed = false;
  async function* chunks() {
    try {
      for (let turn = 0; taken < bytes.length; turn++) {
        const start = taken;
        taken = Math.min(bytes.length, start + (sizes[turn % sizes.length] ?? bytes.length));
        // Views into a larger buffer, as sockets and files hand them out.
        yield bytes.subarray(start, taken);
      }
    } finally {
      closed = true;
    }
  }
  return {
    [Symbol.asyncIterator]: chunks,
    get taken() {
      return taken;
    },
    get closed() {
      return closed;
    },
  };
}

/** Node's zlib as the server uses it. */
export const nodeGunzip: Gunzip = (chunks) => {
  const unpacked = createGunzip({ chunkSize: 2 ** 18 });
  pipeline(Readable.from(chunks, { objectMode: false }), unpacked, () => {});
  return unpacked;
};

export async function fileSource(url: URL): Promise<WatchedSource> {
  return inChunks(await readFile(url), 2 ** 16);
}

/** A source that gives `first` and then nothing, ever. */
export function stalled(first: Uint8Array): AsyncIterable<Uint8Array> {
  const stream = new PassThrough();
  stream.write(first);
  return stream;
}
