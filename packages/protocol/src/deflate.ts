/** The streams of the platform, which page and Node share, as calls on whole byte arrays. */

/** Unpacked in one go: empty space packs a thousandfold, so this may become four million bytes. */
const bytesAtOnce = 4_096;
/** After so many bytes unpacked, whatever else waits has its turn: a label map is a hundred million. */
const bytesPerTask = 4_000_000;

/** All that `transform` makes of `bytes`. */
export async function pipeBytes(
  bytes: Uint8Array,
  transform: GenericTransformStream,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  for await (const part of chunks(bytes, transform)) parts.push(part);
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Inflates a raw deflate stream that must give exactly `length` bytes; stops at the first byte too many. */
export async function inflateExactly(bytes: Uint8Array, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const out = new Uint8Array(length);
  let at = 0;
  let pausedAt = 0;
  for await (const part of chunks(bytes, new DecompressionStream("deflate-raw"), bytesAtOnce)) {
    if (at + part.length > length) throw new Error(`more than the ${length} bytes its box needs`);
    out.set(part, at);
    at += part.length;
    if (at - pausedAt < bytesPerTask) continue;
    pausedAt = at;
    await new Promise((resolve) => setTimeout(resolve));
  }
  if (at < length) throw new Error(`${at} bytes, its box needs ${length}`);
  return out;
}

/** What `transform` makes of `bytes`, given to it in parts of `atOnce`. */
async function* chunks(
  bytes: Uint8Array,
  transform: GenericTransformStream,
  atOnce = bytes.length,
): AsyncGenerator<Uint8Array> {
  const writer: WritableStreamDefaultWriter<Uint8Array> = transform.writable.getWriter();
  const reader: ReadableStreamDefaultReader<Uint8Array> = transform.readable.getReader();
  // Writing waits for reading; a failure shows on the reading side, where it is thrown.
  write(writer, bytes, atOnce).catch(() => {});
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function write(writer: WritableStreamDefaultWriter<Uint8Array>, bytes: Uint8Array, atOnce: number) {
  for (let at = 0; at < bytes.length; at += atOnce) await writer.write(bytes.subarray(at, at + atOnce));
  await writer.close();
}
