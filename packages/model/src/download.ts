import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe } from "./catalogue.ts";
import { DownloadFailed } from "./catalogue-errors.ts";
import { type ExpectedFile, fileMismatch, fileSize } from "./checksum.ts";

export interface DownloadOptions {
  readonly url: string;
  readonly target: string;
  readonly expected: ExpectedFile;
  readonly signal?: AbortSignal;
  /** Bytes of this file on disk so far. */
  readonly onProgress?: (bytes: number) => void;
  /** How often in a row a connection may bring nothing before we give up. */
  readonly retries?: number;
  /** Pause before the first retry; doubles with each. */
  readonly pauseMs?: number;
  /** A connection that is silent for so long counts as cut. */
  readonly idleMs?: number;
}

/**
 * Fetches one file into `target`: bytes go to `target + ".part"`, which a later call continues where it ended, and which
 * becomes `target` when its size and hash are right.
 *
 * Plain `fetch` on the hub's address for file content: `@huggingface/hub` begins a cut download anew, and its range
 * reader takes a server's whole answer for the rest of the file.
 *
 * @throws DownloadFailed; the signal's reason when aborted
 */
export async function downloadFile(options: DownloadOptions): Promise<void> {
  const { url, target, expected, signal, retries = 3, pauseMs = 1_000 } = options;
  const part = `${target}.part`;
  await mkdir(dirname(target), { recursive: true });

  for (let failures = 0, have = -1; have !== expected.bytes; ) {
    try {
      await fetchRest(part, options);
      have = expected.bytes;
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof DownloadFailed) throw cause;
      const reached = (await fileSize(part)) ?? 0;
      failures = reached > have ? 1 : failures + 1;
      have = reached;
      if (failures > retries) {
        throw new DownloadFailed(
          `Cannot download ${url}: ${describe(cause)}. ${have} of ${expected.bytes} bytes are kept; try again to go on.`,
          { cause },
        );
      }
      await wait(pauseMs * 2 ** (failures - 1), undefined, { signal });
    }
  }

  const mismatch = await fileMismatch(part, expected);
  if (mismatch) {
    await rm(part, { force: true });
    throw new DownloadFailed(
      `${url} is not the file it should be: it ${mismatch}. It was thrown away; try another mirror.`,
    );
  }
  await rename(part, target);
}

/** One connection: the bytes that `part` lacks. Throws `DownloadFailed` when another try cannot help. */
async function fetchRest(part: string, { url, expected, signal, onProgress, idleMs = 60_000 }: DownloadOptions) {
  let have = (await fileSize(part)) ?? 0;
  if (have > expected.bytes) have = 0;
  const idle = new AbortController();
  const silence = setTimeout(() => idle.abort(new Error(`no data for ${idleMs / 1000} s`)), idleMs);
  const file = await open(part, have > 0 ? "r+" : "w");
  try {
    if (have === expected.bytes) return;
    const response = await fetch(url, {
      headers: have > 0 ? { range: `bytes=${have}-` } : {},
      signal: signal ? AbortSignal.any([signal, idle.signal]) : idle.signal,
    });
    checkStatus(response, url);
    // A server that does not know ranges sends the whole file.
    if (response.status !== 206) have = 0;
    await file.truncate(have);
    for await (const chunk of response.body ?? []) {
      silence.refresh();
      if (have + chunk.length > expected.bytes) {
        throw new DownloadFailed(`${url} is not the file it should be: it has more than ${expected.bytes} bytes.`);
      }
      await file.write(chunk, 0, chunk.length, have);
      have += chunk.length;
      onProgress?.(have);
    }
    if (have < expected.bytes) throw new Error(`the connection ended after ${have} of ${expected.bytes} bytes`);
    await file.sync();
  } finally {
    clearTimeout(silence);
    await file.close();
  }
}

function checkStatus({ status, ok, headers }: Response, url: string): void {
  if (ok && (status !== 206 || headers.has("content-range"))) return;
  if (status === 429 || status >= 500) throw new Error(`status ${status}`);
  throw new DownloadFailed(`Cannot download ${url}: the server answers with status ${status}.`);
}
