import type { ByteReader } from "./byte-reader.ts";
import { VolumeError } from "./volume-error.ts";

/** Unpacks a gzip stream. Stops asking for chunks, and closes its source, when its own iterator is closed. */
export type Gunzip = (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** Whether a file that starts with these two bytes is packed (RFC 1952, section 2.3.1). */
export function isGzip(start: Uint8Array): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

/**
 * What `reader` holds, unpacked. An error of the source comes through as it is; one of the unpacking becomes a
 * `VolumeError`, `damaged`: unpackers read ahead, so it cannot be told for sure whether the file was cut off.
 */
export async function* unpack(reader: ByteReader, gunzip: Gunzip): AsyncGenerator<Uint8Array, void, undefined> {
  let sourceError: { reason: unknown } | undefined;
  async function* watched() {
    try {
      yield* reader.rest();
    } catch (reason) {
      sourceError = { reason };
      throw reason;
    } finally {
      await reader.close();
    }
  }
  try {
    yield* gunzip(watched());
  } catch (cause) {
    if (sourceError) throw sourceError.reason;
    throw new VolumeError("damaged", "The gzip data is damaged or cut off: it cannot be unpacked to its end.", {
      cause,
    });
  }
}

/**
 * Unpacks with the web's `DecompressionStream`.
 *
 * In Node it reads files of several gzip members; browsers stop with an error after the first one, as their standard
 * wants it (Compression Streams, section 6): a page that must open such files passes another `gunzip`.
 */
export async function* webGunzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const { readable, writable } = new DecompressionStream("gzip");
  const iterator = chunks[Symbol.asyncIterator]();
  const fed = feed(iterator, writable.getWriter());
  // Its error also reaches the reader; this keeps it from being reported as unhandled.
  fed.catch(() => {});
  const reader = readable.getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } finally {
    // Not awaited: a source that waits for its own next chunk would hold up the end.
    reader.cancel().catch(() => {});
    Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

async function feed(
  iterator: AsyncIterator<Uint8Array>,
  writer: WritableStreamDefaultWriter<BufferSource>,
): Promise<void> {
  try {
    for (let part = await iterator.next(); !part.done; part = await iterator.next()) {
      await writer.write(part.value as Uint8Array<ArrayBuffer>);
    }
    await writer.close();
  } catch (reason) {
    await writer.abort(reason);
    throw reason;
  }
}
