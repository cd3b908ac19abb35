import { HttpError } from "../../http/http-error.ts";

/** How an array lies in a `.npy` file (NumPy's format, versions 1 to 3). */
export interface NpyHeader {
  /** NumPy's kind letter and the bytes of one element, such as `i2`. */
  readonly type: NpyType;
  readonly littleEndian: boolean;
  /** The first axis is the fastest in memory, not the last. */
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** Element types as NumPy names them in files; `b1` holds 0 or 1. */
export const npyTypes = ["b1", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"] as const;
export type NpyType = (typeof npyTypes)[number];

export interface NpyArray {
  readonly header: NpyHeader;
  /** The elements' bytes as they lie in the file; may be more or fewer than the shape needs. */
  readonly data: AsyncIterable<Uint8Array>;
}

const magic = "\x93NUMPY";
/** Magic and version. */
const startBytes = 8;
/** Far more than three extents and a type need. */
const longestHeader = 65_536;

/** Reads the header of a `.npy` file and hands on the rest. Throws `unreadable_image`. */
export async function readNpy(source: AsyncIterable<Uint8Array>): Promise<NpyArray> {
  const iterator = source[Symbol.asyncIterator]();
  let read = Buffer.alloc(0);
  async function atLeast(bytes: number): Promise<void> {
    while (read.length < bytes) {
      const next = await iterator.next();
      if (next.done) throw broken(`it ends after ${read.length} bytes`);
      read = Buffer.concat([read, next.value]);
    }
  }
  await atLeast(startBytes + 4);
  if (read.toString("latin1", 0, magic.length) !== magic) throw broken("it does not start as one");
  const version = read[6];
  if (version < 1 || version > 3) throw broken(`its version is ${version}, and 1, 2 and 3 are known`);
  const lengthBytes = version === 1 ? 2 : 4;
  const length = read.readUIntLE(startBytes, lengthBytes);
  if (length > longestHeader) throw broken(`its header has ${length} bytes`);
  const end = startBytes + lengthBytes + length;
  await atLeast(end);
  const header = parseHeader(read.toString("utf8", startBytes + lengthBytes, end));
  return { header, data: rest(read.subarray(end), iterator) };
}

async function* rest(first: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (first.length > 0) yield first;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}

/** The literal of a Python dictionary with exactly three entries, in any order. */
function parseHeader(text: string): NpyHeader {
  const descr = /['"]descr['"]\s*:\s*['"]([<>|=]?)([a-zA-Z]\d+)['"]/.exec(text);
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text);
  const extents = /['"]shape['"]\s*:\s*\(([\d\s,]*)\)/.exec(text);
  if (!descr || !order || !extents) throw broken(`its header is ${JSON.stringify(text.slice(0, 200).trim())}`);
  const type = npyTypes.find((known) => known === descr[2]);
  if (!type) throw broken(`its elements are "${descr[1]}${descr[2]}", and ${npyTypes.join(", ")} are known`);
  const parts = extents[1].split(",").filter((part) => part.trim() !== "");
  const shape = parts.map(Number);
  // Two numbers without a comma between them are none.
  if (!shape.every(Number.isSafeInteger)) throw broken(`its shape is (${extents[1].slice(0, 200)})`);
  return { type, littleEndian: descr[1] !== ">", fortranOrder: order[1] === "True", shape };
}

/** Bytes of one element. */
export function itemBytes(type: NpyType): number {
  return Number(type[1]);
}

/** Puts the lowest byte of each element first, in place. */
export function swapToLittleEndian(bytes: Uint8Array, width: number): void {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (width === 2) view.swap16();
  else if (width === 4) view.swap32();
  else if (width === 8) view.swap64();
}

function broken(why: string): HttpError {
  return new HttpError("unreadable_image", `The .npy file cannot be read: ${why}`);
}
