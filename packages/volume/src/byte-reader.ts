/** Bytes that arrive in chunks, read in the pieces that are needed. One reader, one call at a time. */
export interface ByteReader {
  /** Bytes handed out so far. */
  readonly position: number;
  /** The next `count` bytes, fewer only when the source ends; they stay to be read. */
  peek(count: number): Promise<Uint8Array>;
  /** Fills `target` and resolves to how many bytes there were. */
  fill(target: Uint8Array): Promise<number>;
  /** Drops up to `count` bytes and resolves to how many there were. */
  skip(count: number): Promise<number>;
  /** All that is left, as it comes. */
  rest(): AsyncGenerator<Uint8Array, void, undefined>;
  /** Lets go of the source. */
  close(): Promise<void>;
}

/** Reads from `source`. When `signal` aborts, a pending call rejects with its reason without waiting for the source. */
export function byteReader(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): ByteReader {
  const iterator = source[Symbol.asyncIterator]();
  let chunk: Uint8Array = new Uint8Array(0);
  let position = 0;
  let started = false;
  let ended = false;
  let waiting = false;
  let rejectWaiting: ((reason: unknown) => void) | undefined;
  const onAbort = () => rejectWaiting?.(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });

  async function nextChunk(): Promise<Uint8Array | undefined> {
    signal?.throwIfAborted();
    if (ended) return undefined;
    started = true;
    waiting = true;
    const { done, value } = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
      rejectWaiting = reject;
      iterator.next().then(resolve, (reason) => {
        ended = true;
        reject(reason);
      });
    });
    waiting = false;
    if (done) ended = true;
    return done ? undefined : value;
  }

  /** Hands out up to `limit` bytes as they lie, without copying. */
  async function take(limit: number): Promise<Uint8Array | undefined> {
    while (chunk.length === 0) {
      const next = await nextChunk();
      if (next === undefined) return undefined;
      chunk = next;
    }
    const piece = chunk.subarray(0, limit);
    chunk = chunk.subarray(piece.length);
    position += piece.length;
    return piece;
  }

  return {
    get position() {
      return position;
    },
    async peek(count) {
      while (chunk.length < count) {
        const next = await nextChunk();
        if (next === undefined) break;
        const joined = new Uint8Array(chunk.length + next.length);
        joined.set(chunk);
        joined.set(next, chunk.length);
        chunk = joined;
      }
      return chunk.subarray(0, count);
    },
    async fill(target) {
      let filled = 0;
      while (filled < target.length) {
        const piece = await take(target.length - filled);
        if (piece === undefined) break;
        target.set(piece, filled);
        filled += piece.length;
      }
      return filled;
    },
    async skip(count) {
      let skipped = 0;
      while (skipped < count) {
        const piece = await take(count - skipped);
        if (piece === undefined) break;
        skipped += piece.length;
      }
      return skipped;
    },
    async *rest() {
      for (let piece = await take(Number.POSITIVE_INFINITY); piece; piece = await take(Number.POSITIVE_INFINITY)) {
        yield piece;
      }
    },
    async close() {
      signal?.removeEventListener("abort", onAbort);
      if (ended) return;
      ended = true;
      // A generator that never ran ends without its `finally`, and so would leave a file open: run it first.
      if (!started) iterator.next().catch(() => {});
      const closed = Promise.resolve(iterator.return?.());
      // A source that is still busy with a request closes when it gets to it.
      if (waiting || !started) closed.catch(() => {});
      else await closed;
    },
  };
}
