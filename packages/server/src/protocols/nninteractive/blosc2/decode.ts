import { inflateSync } from "node:zlib";
import { ZSTDDecoder } from "zstddec";
import { BadArrayError } from "../bad-array.ts";
import { unfilter } from "./filters.ts";
import { type ChunkHeader, codecs, headerBytes, readChunkHeader, specials } from "./header.ts";
import { decodeLz4 } from "./lz4.ts";

/** Bytes that lie somewhere; what `read` gives is good until it is called again, and shorter at the end. */
export interface ByteSource {
  readonly length: number;
  read(at: number, length: number): Uint8Array;
}

export interface ChunkPlace {
  readonly at: number;
  readonly packedBytes: number;
  /** What it has to hold. */
  readonly bytes: number;
}

const zstd = new ZSTDDecoder();

/** To be awaited once in every thread that decodes. */
export async function prepareCodecs(): Promise<void> {
  await zstd.init();
}

/**
 * Decodes one Blosc2 chunk (spec §1.11) piece by piece: `emit` gets pieces in order, each good until it returns. Memory taken
 * goes by the chunk's blocks, not by its size.
 *
 * @throws {BadArrayError}
 */
export function decodeChunk(source: ByteSource, place: ChunkPlace, emit: (piece: Uint8Array) => void): void {
  const { at, packedBytes } = place;
  const header = readChunkHeader(source.read(at, Math.min(headerBytes, packedBytes)));
  if (header.packedBytes > packedBytes || at + packedBytes > source.length) {
    throw new BadArrayError(`A chunk of ${header.packedBytes} bytes is cut off after ${Math.max(0, packedBytes)}`);
  }
  if (header.bytes !== place.bytes) {
    throw new BadArrayError(`A chunk holds ${header.bytes} bytes, where ${place.bytes} were announced`);
  }
  if (header.bytes === 0) return;
  if (header.special !== specials.none) emitSpecial(source, at, header, emit);
  else if (header.raw) emitRaw(source, at, header, emit);
  else emitBlocks(source, at, header, emit);
}

const pieceBytes = 2 ** 20;

function emitRaw(source: ByteSource, at: number, header: ChunkHeader, emit: (piece: Uint8Array) => void): void {
  const { bytes, packedBytes } = header;
  if (packedBytes < headerBytes + bytes) throw new BadArrayError("A chunk that was not packed is cut off");
  for (let done = 0; done < bytes; done += pieceBytes) {
    emit(source.read(at + headerBytes + done, Math.min(pieceBytes, bytes - done)));
  }
}

function emitSpecial(source: ByteSource, at: number, header: ChunkHeader, emit: (piece: Uint8Array) => void): void {
  const { bytes, itemBytes, special, packedBytes } = header;
  const value = specialValue(special, itemBytes, source.read(at + headerBytes, packedBytes - headerBytes));
  if (value.length === 0 || (bytes % value.length !== 0 && value.some((byte) => byte !== 0))) {
    throw new BadArrayError(`A chunk repeats a value of ${value.length} bytes in ${bytes} bytes`);
  }
  const piece = new Uint8Array(Math.min(bytes, Math.floor(pieceBytes / value.length) * value.length));
  for (let n = 0; n < piece.length; n += value.length) piece.set(value.subarray(0, piece.length - n), n);
  for (let done = 0; done < bytes; done += piece.length) emit(piece.subarray(0, bytes - done));
}

function specialValue(special: number, itemBytes: number, stored: Uint8Array): Uint8Array {
  if (special === specials.repeated) {
    // Longer than an item is nothing that an encoder writes.
    if (stored.length > 255) throw new BadArrayError(`A chunk repeats a value of ${stored.length} bytes`);
    return new Uint8Array(stored);
  }
  if (special !== specials.nan) return new Uint8Array(1);
  if (itemBytes === 4) return new Uint8Array(Float32Array.of(Number.NaN).buffer);
  if (itemBytes === 8) return new Uint8Array(Float64Array.of(Number.NaN).buffer);
  throw new BadArrayError(`A chunk is not a number throughout, in items of ${itemBytes} bytes`);
}

function emitBlocks(source: ByteSource, at: number, header: ChunkHeader, emit: (piece: Uint8Array) => void): void {
  const { bytes, blockBytes, packedBytes } = header;
  const blocks = Math.ceil(bytes / blockBytes);
  const starts = headerBytes + 4 * blocks;
  if (starts > packedBytes) throw new BadArrayError(`A chunk of ${blocks} blocks is cut off before the first`);
  const buffers = [new Uint8Array(blockBytes), new Uint8Array(blockBytes)] as const;
  const hasDelta = header.filters.some(({ id }) => id === 3);
  let first: Uint8Array | undefined;
  // Threads of an encoder write blocks in any order.
  const table = new Uint8Array(source.read(at + headerBytes, 4 * blocks));
  const offsets = new DataView(table.buffer);
  for (let block = 0; block < blocks; block++) {
    const start = offsets.getInt32(4 * block, true);
    if (start < starts || start >= packedBytes) throw new BadArrayError(`Block ${block} begins outside its chunk`);
    const length = Math.min(blockBytes, bytes - block * blockBytes);
    const [filtered, spare] = [buffers[0].subarray(0, length), buffers[1].subarray(0, length)];
    decodeStreams(source, at + start, at + packedBytes, header, filtered);
    const plain = unfilter(header, filtered, spare, first);
    if (hasDelta) first ??= new Uint8Array(plain);
    emit(plain);
  }
}

/** Most that a stream's size field and its token take. */
const streamHead = 5;

/** Fills `block` from the streams at `at`, which end before `end`. */
function decodeStreams(source: ByteSource, at: number, end: number, header: ChunkHeader, block: Uint8Array): void {
  const { blockBytes, itemBytes, unsplit, codec } = header;
  const streams = unsplit || block.length < blockBytes ? 1 : itemBytes;
  const length = block.length / streams;
  if (!Number.isInteger(length)) {
    throw new BadArrayError(`A block of ${block.length} bytes cannot be ${streams} streams`);
  }
  let next = at;
  for (let stream = 0; stream < streams; stream++) {
    const packed = source.read(next, Math.min(end - next, length + streamHead));
    const to = block.subarray(stream * length, (stream + 1) * length);
    next += decodeStream(packed, to, codec);
  }
}

/** Returns the bytes that it took. */
function decodeStream(packed: Uint8Array, to: Uint8Array, codec: number): number {
  if (packed.length < 4) throw new BadArrayError("A block is cut off");
  const size = new DataView(packed.buffer, packed.byteOffset, 4).getInt32(0, true);
  if (size === 0) {
    to.fill(0);
    return 4;
  }
  if (size < 0) {
    // A run: bit 0 of the token says so, and the size is the value, negated.
    if (size < -255 || packed.length < streamHead || (packed[4] & 1) === 0) throw new BadArrayError("A run is damaged");
    to.fill(-size);
    return streamHead;
  }
  if (size > packed.length - 4 || size > to.length) throw new BadArrayError("A block is cut off");
  const data = packed.subarray(4, 4 + size);
  if (size === to.length) to.set(data);
  else unpack(data, to, codec);
  return 4 + size;
}

function unpack(data: Uint8Array, to: Uint8Array, codec: number): void {
  if (codec === codecs.lz4) {
    decodeLz4(data, to);
    return;
  }
  if (codec !== codecs.zstd && codec !== codecs.zlib) {
    throw new BadArrayError(`A chunk was packed by codec ${codec}: Zstandard, LZ4 and zlib can be read`);
  }
  const plain = codec === codecs.zstd ? zstd.decode(data, to.length) : inflated(data, to.length);
  if (plain.length !== to.length) throw new BadArrayError("A block is damaged");
  to.set(plain);
}

function inflated(data: Uint8Array, length: number): Uint8Array {
  try {
    return inflateSync(data, { maxOutputLength: length });
  } catch (cause) {
    throw new BadArrayError("A block packed by zlib is damaged", { cause });
  }
}
