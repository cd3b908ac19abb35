import { promisify } from "node:util";
import { crc32, inflateRaw } from "node:zlib";
import { CheckpointError } from "./errors.ts";
import type { ByteSource } from "./source.ts";

/** One file in a ZIP archive, as its central directory tells it. */
export interface ZipEntry {
  readonly name: string;
  /** 0 = stored, 8 = deflated. */
  readonly method: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly localOffset: number;
  /** Of the uncompressed bytes; 0 when the writer left it out. */
  readonly crc: number;
}

const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const FULL16 = 0xffff;
const FULL32 = 0xffffffff;

/** A directory of a checkpoint takes some hundred kilobytes; far more is not a checkpoint. */
const LARGEST_DIRECTORY = 64 * 1024 * 1024;

/** PyTorch never deflates; an entry that does and promises more than this is a bomb. */
const LARGEST_INFLATED = 1024 * 1024 * 1024;

/**
 * The archive's entries by name, from the central directory alone: PyTorch writes local headers whose sizes are 0
 * (spec §2.1). Understands ZIP64. Throws `CheckpointError`.
 */
export async function readZipDirectory(source: ByteSource): Promise<Map<string, ZipEntry>> {
  const { count, offset, size } = await findDirectory(source);
  if (size > LARGEST_DIRECTORY) throw new CheckpointError(`the ZIP directory claims ${size} bytes`);
  const bytes = await source.read(offset, size);
  const view = viewOf(bytes);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > size || view.getUint32(at, true) !== CENTRAL) {
      throw new CheckpointError(`the ZIP directory is damaged at entry ${i} of ${count}`);
    }
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true);
    if (next > size) throw new CheckpointError(`the ZIP directory is damaged at entry ${i} of ${count}`);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    if (view.getUint16(at + 8, true) & 1) throw new CheckpointError(`ZIP entry "${name}" is encrypted`);
    if (entries.has(name)) throw new CheckpointError(`ZIP entry "${name}" occurs twice`);
    const extra = bytes.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
    entries.set(name, {
      name,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      ...placeOf(view, at, extra, name),
    });
    at = next;
  }
  return entries;
}

/** Where a stored entry's bytes start in the file. Its local header is read for its own name and extra lengths only. */
export async function entryDataOffset(source: ByteSource, entry: ZipEntry): Promise<number> {
  const header = viewOf(await source.read(entry.localOffset, 30));
  if (header.getUint32(0, true) !== LOCAL) {
    throw new CheckpointError(`ZIP entry "${entry.name}" has no header at byte ${entry.localOffset}`);
  }
  return entry.localOffset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
}

/** All bytes of an entry, in memory of their own, checked against its checksum. Throws `CheckpointError`. */
export async function readEntry(source: ByteSource, entry: ZipEntry): Promise<Uint8Array<ArrayBuffer>> {
  const stored = await source.read(await entryDataOffset(source, entry), entry.compressedSize);
  const bytes = entry.method === 0 ? stored : await inflate(stored, entry);
  if (bytes.length !== entry.size) {
    throw new CheckpointError(`ZIP entry "${entry.name}" has ${bytes.length} bytes, not the ${entry.size} it claims`);
  }
  if (entry.crc !== 0 && crc32(bytes) !== entry.crc) {
    throw new CheckpointError(`ZIP entry "${entry.name}" is damaged: its checksum is wrong; fetch the file again`);
  }
  return bytes;
}

async function inflate(stored: Uint8Array, { name, method, size }: ZipEntry): Promise<Uint8Array<ArrayBuffer>> {
  if (method !== 8)
    throw new CheckpointError(`ZIP entry "${name}" is compressed by method ${method}; 0 and 8 are read`);
  if (size > LARGEST_INFLATED) throw new CheckpointError(`ZIP entry "${name}" promises to inflate to ${size} bytes`);
  try {
    // The claimed size bounds the memory: zlib refuses an entry that inflates further.
    return new Uint8Array(await promisify(inflateRaw)(stored, { maxOutputLength: Math.max(1, size) }));
  } catch (cause) {
    throw new CheckpointError(`ZIP entry "${name}" cannot be inflated to its ${size} bytes`, { cause });
  }
}

async function findDirectory(source: ByteSource): Promise<{ count: number; offset: number; size: number }> {
  const tailStart = Math.max(0, source.size - 22 - FULL16);
  const tail = viewOf(await source.read(tailStart, source.size - tailStart));
  let at = tail.byteLength - 22;
  while (at >= 0 && tail.getUint32(at, true) !== END) at--;
  if (at < 0) throw new CheckpointError(await whyNotZip(source));

  const count = tail.getUint16(at + 10, true);
  const size = tail.getUint32(at + 12, true);
  const offset = tail.getUint32(at + 16, true);
  if (count !== FULL16 && size !== FULL32 && offset !== FULL32) return { count, offset, size };

  if (at < 20 || tail.getUint32(at - 20, true) !== LOCATOR64) {
    throw new CheckpointError("truncated: the ZIP file announces a ZIP64 directory and has none");
  }
  const end = viewOf(await source.read(safeNumber(tail.getBigUint64(at - 12, true)), 56));
  if (end.getUint32(0, true) !== END64) throw new CheckpointError("the ZIP64 directory is damaged");
  return {
    count: safeNumber(end.getBigUint64(32, true)),
    size: safeNumber(end.getBigUint64(40, true)),
    offset: safeNumber(end.getBigUint64(48, true)),
  };
}

async function whyNotZip(source: ByteSource): Promise<string> {
  if (source.size === 0) return "the file is empty";
  const start = await source.read(0, Math.min(4, source.size));
  if (start[0] === 0x50 && start[1] === 0x4b) {
    return `truncated: the ZIP file's directory is missing after ${source.size} bytes; fetch the file again`;
  }
  if (start[0] === 0x80) {
    return "this is PyTorch's format from before version 1.6, which is not read; load and save it once with a newer PyTorch";
  }
  return "this is not a PyTorch checkpoint: it is no ZIP file";
}

/** Sizes and offset of a directory entry; values too large for 32 bits stand in the ZIP64 extra field, in this order. */
function placeOf(view: DataView, at: number, extra: Uint8Array, name: string) {
  let size = view.getUint32(at + 24, true);
  let compressedSize = view.getUint32(at + 20, true);
  let localOffset = view.getUint32(at + 42, true);
  if (size !== FULL32 && compressedSize !== FULL32 && localOffset !== FULL32) {
    return { size, compressedSize, localOffset };
  }
  const wide = zip64Values(extra);
  const take = (): number => {
    const value = wide.shift();
    if (value === undefined) throw new CheckpointError(`ZIP entry "${name}" lacks its ZIP64 sizes`);
    return safeNumber(value);
  };
  if (size === FULL32) size = take();
  if (compressedSize === FULL32) compressedSize = take();
  if (localOffset === FULL32) localOffset = take();
  return { size, compressedSize, localOffset };
}

function zip64Values(extra: Uint8Array): bigint[] {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1) {
      const values: bigint[] = [];
      const end = Math.min(at + 4 + length, extra.length);
      for (let i = at + 4; i + 8 <= end; i += 8) values.push(view.getBigUint64(i, true));
      return values;
    }
    at += 4 + length;
  }
  return [];
}

function safeNumber(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new CheckpointError(`the ZIP file claims an offset of ${value} bytes`);
  return Number(value);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
