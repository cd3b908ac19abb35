import { SegmentError } from "./errors.ts";
import { partsVersion } from "./parts.ts";
import { type SegmenterState, stateVersion } from "./state.ts";

/**
 * A saved state, or a part of one, as bytes, little-endian:
 *
 * | bytes | what |
 * | --- | --- |
 * | 4 | `SEPS` |
 * | 4 | version |
 * | 4 | length of the JSON text |
 * | … | JSON in UTF-8; every byte array is `{"$bytes": [offset, length]}` |
 * | … | the byte arrays, one after the other |
 */
const magic = 0x53504553;
const headerBytes = 12;

export function encodeState(state: SegmenterState): Uint8Array<ArrayBuffer> {
  return encode(state, stateVersion);
}

export function encodePart(part: object): Uint8Array<ArrayBuffer> {
  return encode(part, partsVersion);
}

/** Throws `SegmentError` (`StateUnusable`) for bytes that `encodeState` of this version did not write. */
export function decodeState(bytes: Uint8Array): SegmenterState {
  return decode(bytes, stateVersion) as SegmenterState;
}

/** Throws `SegmentError` (`StateUnusable`) for bytes that `encodePart` of this version did not write. */
export function decodePart(bytes: Uint8Array): unknown {
  return decode(bytes, partsVersion);
}

/** The version that wrote the bytes; undefined when they are too few. */
export function versionOf(bytes: Uint8Array): number | undefined {
  if (bytes.length < headerBytes) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(4, true);
}

function encode(value: object, version: number): Uint8Array<ArrayBuffer> {
  const arrays: Uint8Array[] = [];
  let offset = 0;
  const text = JSON.stringify(value, (_, value: unknown) => {
    if (!(value instanceof Uint8Array)) return value;
    arrays.push(value);
    offset += value.length;
    return { $bytes: [offset - value.length, value.length] };
  });
  const json = new TextEncoder().encode(text);
  const bytes = new Uint8Array(headerBytes + json.length + offset);
  const header = new DataView(bytes.buffer);
  header.setUint32(0, magic, true);
  header.setUint32(4, version, true);
  header.setUint32(8, json.length, true);
  bytes.set(json, headerBytes);
  let at = headerBytes + json.length;
  for (const array of arrays) {
    bytes.set(array, at);
    at += array.length;
  }
  return bytes;
}

function decode(bytes: Uint8Array, version: number): unknown {
  if (bytes.length < headerBytes) throw unusable(`it has ${bytes.length} bytes, too few for a header`);
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.getUint32(0, true) !== magic) throw unusable("it does not start with SEPS");
  const found = header.getUint32(4, true);
  if (found !== version) throw unusable(`it has version ${found}, and this program reads ${version}`);
  const arraysAt = headerBytes + header.getUint32(8, true);
  if (arraysAt > bytes.length) throw unusable("it is cut off");
  const text = new TextDecoder().decode(bytes.subarray(headerBytes, arraysAt));
  let end = arraysAt;
  const revive = (_: string, value: unknown): unknown => {
    const place = byteRange(value);
    if (place === undefined) return value;
    const from = arraysAt + place[0];
    const to = from + place[1];
    if (!(from >= arraysAt && to <= bytes.length)) throw unusable("it is cut off");
    end = Math.max(end, to);
    return bytes.slice(from, to);
  };
  let value: unknown;
  try {
    value = JSON.parse(text, revive);
  } catch (cause) {
    if (cause instanceof SegmentError) throw cause;
    throw unusable("its text is damaged", { cause });
  }
  if (end !== bytes.length) throw unusable(`${bytes.length - end} bytes follow its end`);
  return value;
}

function byteRange(value: unknown): [number, number] | undefined {
  if (typeof value !== "object" || value === null || !("$bytes" in value)) return undefined;
  const place = value.$bytes;
  if (Array.isArray(place) && place.length === 2 && place.every(Number.isInteger)) return [place[0], place[1]];
  throw unusable("its text is damaged");
}

function unusable(why: string, options?: ErrorOptions): SegmentError {
  return new SegmentError("StateUnusable", `Cannot continue from this saved object: ${why}`, options);
}
