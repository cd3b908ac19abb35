/** The streams of the platform, which page and Node share, as calls on whole byte arrays. */

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
  for await (const part of chunks(bytes, new DecompressionStream("deflate-raw"))) {
    if (at + part.length > length) throw new Error(`more than the ${length} bytes its box needs`);
    out.set(part, at);
    at += part.length;
  }
  if (at < length) throw new Error(`${at} bytes, its box needs ${length}`);
  return out;
}

async function* chunks(bytes: Uint8Array, transform: GenericTransformStream): AsyncGenerator<Uint8Array> {
  const writer: WritableStreamDefaultWriter<Uint8Array> = transform.writable.getWriter();
  const reader: ReadableStreamDefaultReader<Uint8Array> = transform.readable.getReader();
  // Writing waits for reading; a failure shows on the reading side, where it is thrown.
  const written = writer.write(bytes).then(() => writer.close());
  written.catch(() => {});
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
