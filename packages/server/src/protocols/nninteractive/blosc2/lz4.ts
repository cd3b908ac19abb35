import { BadArrayError } from "../bad-array.ts";

const leastMatch = 4;

/**
 * Decodes one raw LZ4 block into all of `to` (lz4_Block_format.md of the LZ4 project).
 *
 * @throws {BadArrayError} when it is damaged, or holds more or less
 */
export function decodeLz4(from: Uint8Array, to: Uint8Array): void {
  let read = 0;
  let written = 0;

  function length(start: number): number {
    let sum = start;
    if (start < 15) return sum;
    for (;;) {
      if (read >= from.length) throw damaged();
      const byte = from[read++];
      sum += byte;
      if (byte < 255) return sum;
    }
  }

  while (read < from.length) {
    const token = from[read++];
    const literals = length(token >> 4);
    if (literals > from.length - read || literals > to.length - written) throw damaged();
    to.set(from.subarray(read, read + literals), written);
    read += literals;
    written += literals;
    if (read === from.length) break;
    if (read + 2 > from.length) throw damaged();
    const offset = from[read] | (from[read + 1] << 8);
    read += 2;
    const match = length(token & 15) + leastMatch;
    if (offset === 0 || offset > written || match > to.length - written) throw damaged();
    // A match may overlap what it writes.
    for (const end = written + match; written < end; written++) to[written] = to[written - offset];
  }
  if (written !== to.length) throw damaged();
}

function damaged(): BadArrayError {
  return new BadArrayError("A block packed by LZ4 is damaged");
}
