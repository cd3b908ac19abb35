import type { FileHandle } from "node:fs/promises";
import { CheckpointError } from "./errors.ts";

/** Bytes that can be read by range, so that a large file is never held whole. */
export interface ByteSource {
  readonly size: number;
  /** Exactly `length` bytes at `offset`, in memory of their own; throws `CheckpointError` when they reach past the end. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** The source of an open file. The caller keeps the handle and closes it. */
export async function fileSource(handle: FileHandle): Promise<ByteSource> {
  const { size } = await handle.stat();
  return {
    size,
    async read(offset, length) {
      checkRange(offset, length, size);
      const bytes = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
        if (bytesRead === 0) throw new CheckpointError(`the file became shorter than ${size} bytes while it was read`);
        filled += bytesRead;
      }
      return bytes;
    },
  };
}

/** The source of bytes in memory. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    async read(offset, length) {
      checkRange(offset, length, bytes.length);
      return new Uint8Array(bytes.subarray(offset, offset + length));
    },
  };
}

function checkRange(offset: number, length: number, size: number): void {
  if (offset < 0 || length < 0 || offset + length > size) {
    throw new CheckpointError(`truncated: bytes ${offset} to ${offset + length} were expected, the file has ${size}`);
  }
}
