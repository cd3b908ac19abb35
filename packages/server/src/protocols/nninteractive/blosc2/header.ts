import { BadArrayError } from "../bad-array.ts";

/** Bytes of a chunk's head; of a chunk that says no more, all there is. */
export const headerBytes = 32;

/** A chunk that says it holds more is refused: clients cut arrays every GiB. */
const mostBytes = 2 ** 30;

/** Encoders stay at or below 4 MiB; a block is held in memory twice. */
const mostBlockBytes = 2 ** 26;

export const codecs = { lz4: 1, zlib: 3, zstd: 4 } as const;

export const specials = { none: 0, zero: 1, nan: 2, repeated: 3, uninitialised: 4 } as const;

export const filterIds = { none: 0, shuffle: 1, bitShuffle: 2, delta: 3, truncate: 4 } as const;

/** What the 32 bytes before a Blosc2 chunk say (spec §1.11). */
export interface ChunkHeader {
  /** Bytes decoded, and of the chunk with its header. */
  readonly bytes: number;
  readonly packedBytes: number;
  readonly blockBytes: number;
  readonly itemBytes: number;
  /** As it is, without filters or codec. */
  readonly raw: boolean;
  /** A block is one stream, not one for each byte of an item. */
  readonly unsplit: boolean;
  readonly codec: number;
  readonly special: number;
  /** As applied when encoding, with the group size for shuffling: undone from the last to the first. */
  readonly filters: readonly { readonly id: number; readonly group: number }[];
}

/** @throws {BadArrayError} when it is not a chunk that clients send */
export function readChunkHeader(head: Uint8Array): ChunkHeader {
  if (head.length < headerBytes)
    throw new BadArrayError(`A chunk has ${head.length} bytes, and its header alone ${headerBytes}`);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const [version, flags, itemBytes] = [head[0], head[2], head[3]];
  if (version < 2 || version > 5 || (flags & 0b101) !== 0b101) {
    throw new BadArrayError(`A chunk is not of Blosc2's format 5 with a header of ${headerBytes} bytes`);
  }
  if ((head[30] & 1) !== 0) throw new BadArrayError("A chunk has blocks of variable length, which no client sends");
  if ((head[31] & 0b1001) !== 0) throw new BadArrayError("A chunk needs a dictionary or is a part of a file");
  const bytes = view.getInt32(4, true);
  const blockBytes = Math.min(view.getInt32(8, true), bytes);
  const packedBytes = view.getInt32(12, true);
  if (bytes < 0 || bytes > mostBytes || packedBytes < headerBytes || itemBytes < 1) {
    throw new BadArrayError(`A chunk says it has ${bytes} bytes in ${packedBytes}, items of ${itemBytes}`);
  }
  if (blockBytes > mostBlockBytes || (bytes > 0 && blockBytes < 1)) {
    throw new BadArrayError(`A chunk says its blocks have ${blockBytes} bytes`);
  }
  const filters = Array.from({ length: 6 }, (_, slot) => ({
    id: head[16 + slot],
    group: head[24 + slot] || itemBytes,
  }));
  const strange = filters.find(({ id }) => id > filterIds.truncate);
  if (strange) throw new BadArrayError(`A chunk was made with filter ${strange.id}, which is not known`);
  const special = (head[31] >> 4) & 0b111;
  if (special > specials.uninitialised)
    throw new BadArrayError(`A chunk has the special value ${special}, which is not known`);
  return {
    bytes,
    packedBytes,
    blockBytes,
    itemBytes,
    raw: (flags & 0b10) !== 0,
    unsplit: (flags & 0b1_0000) !== 0,
    codec: flags >> 5,
    special,
    filters,
  };
}
