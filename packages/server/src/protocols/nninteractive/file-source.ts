import { fstatSync, readSync } from "node:fs";
import type { ByteSource } from "./blosc2/decode.ts";

/** Blocks are mostly read in the order of the file: more than is asked for is worth having. */
const windowBytes = 2 ** 22;

/** An open file as a source of bytes, a part of it in memory at a time. */
export function fileSource(file: number): ByteSource {
  const { size } = fstatSync(file);
  let window = new Uint8Array(0);
  let start = 0;
  return {
    length: size,
    read(at, length) {
      const wanted = Math.max(0, Math.min(length, size - at));
      if (at < start || at + wanted > start + window.length) {
        window = read(file, at, Math.min(Math.max(wanted, windowBytes), size - at));
        start = at;
      }
      return window.subarray(at - start, at - start + wanted);
    },
  };
}

function read(file: number, at: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.max(0, length));
  let done = 0;
  while (done < bytes.length) {
    const count = readSync(file, bytes, done, bytes.length - done, at + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}
