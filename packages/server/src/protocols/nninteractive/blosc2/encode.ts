import { deflateSync } from "node:zlib";
import { codecs, headerBytes, specials } from "./header.ts";

const blockBytes = 2 ** 17;
const extendedHeader = 0b101;
const rawFlag = 0b10;
const unsplitFlag = 0b1_0000;
/** A mask is zeros and ones in large areas: more effort gains little. */
const level = 1;

/** One Blosc2 chunk of these bytes, for c-blosc2 of any version to read (spec §1.11): by zlib where it gets smaller by it. */
export function encodeChunk(bytes: Uint8Array): Uint8Array {
  const value = constantOf(bytes);
  if (value === 0) return chunk({ bytes, special: specials.zero, parts: [] });
  if (value !== undefined) return chunk({ bytes, special: specials.repeated, parts: [Uint8Array.of(value)] });
  const parts = packedBlocks(bytes);
  const packed = parts.reduce((sum, { length }) => sum + length, 0);
  return packed < bytes.length ? chunk({ bytes, parts }) : chunk({ bytes, raw: true, parts: [bytes] });
}

/** The one value that all bytes have. */
function constantOf(bytes: Uint8Array): number | undefined {
  const [first] = bytes;
  for (let n = 1; n < bytes.length; n++) if (bytes[n] !== first) return undefined;
  return first;
}

/** The table of where blocks begin, and the blocks: one stream each. */
function packedBlocks(bytes: Uint8Array): Uint8Array[] {
  const blocks = Math.ceil(bytes.length / blockBytes);
  const table = new DataView(new ArrayBuffer(4 * blocks));
  const parts: Uint8Array[] = [new Uint8Array(table.buffer)];
  let at = headerBytes + 4 * blocks;
  for (let block = 0; block < blocks; block++) {
    const stream = packedStream(bytes.subarray(block * blockBytes, (block + 1) * blockBytes));
    table.setInt32(4 * block, at, true);
    for (const part of stream) at += part.length;
    parts.push(...stream);
  }
  return parts;
}

function packedStream(block: Uint8Array): Uint8Array[] {
  const value = constantOf(block);
  if (value === 0) return [int32(0)];
  if (value !== undefined) return [int32(-value), Uint8Array.of(1)];
  const packed = deflateSync(block, { level });
  return packed.length < block.length ? [int32(packed.length), packed] : [int32(block.length), block];
}

interface ChunkParts {
  readonly bytes: Uint8Array;
  readonly raw?: boolean;
  readonly special?: number;
  readonly parts: readonly Uint8Array[];
}

function chunk({ bytes, raw = false, special = specials.none, parts }: ChunkParts): Uint8Array {
  const packed = parts.reduce((sum, { length }) => sum + length, headerBytes);
  const out = new Uint8Array(packed);
  const view = new DataView(out.buffer);
  // Without codec data the codec does not matter; c-blosc2 writes its own standard there.
  const coded = raw ? rawFlag : unsplitFlag | ((special === specials.none ? codecs.zlib : codecs.zstd) << 5);
  out.set([5, 1, extendedHeader | coded, 1]);
  view.setInt32(4, bytes.length, true);
  view.setInt32(8, special === specials.none ? Math.min(blockBytes, bytes.length) : bytes.length, true);
  view.setInt32(12, packed, true);
  out[31] = special << 4;
  let at = headerBytes;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function int32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
