import { createWriteStream } from "node:fs";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { StagedFile, Store } from "@septum/store";
import type { Engine, ImageInfo } from "../engine/engine.ts";
import { HttpError } from "../http/http-error.ts";
import { fileCost } from "./image-cost.ts";
import type { UploadPlaces } from "./limits.ts";
import type { MemoryBudget, Reservation } from "./memory-budget.ts";
import { OpenedImage } from "./opened-image.ts";
import type { Session } from "./session.ts";
import { emptyState } from "./state.ts";
import { untilAborted } from "./until-aborted.ts";

export interface UploadWorld {
  readonly store: Store;
  readonly engine: Engine;
  readonly maxImageBytes: number;
  readonly maxUploadBytes: number;
  /** Times that a file may grow by unpacking. */
  readonly maxUnpackRatio: number;
  readonly uploads: UploadPlaces;
  readonly memory: MemoryBudget;
}

export interface Upload {
  /** The file's bytes; asked for once. */
  readonly open: () => Promise<Readable>;
  /** Makes the image file `to` out of what came, in the file `from`, where that is not one itself. */
  readonly convert?: (from: string, to: string, signal: AbortSignal) => Promise<void>;
  /** Bytes of the whole request, when known. */
  readonly expected?: number;
  /** Which volume of a 4D file. */
  readonly frame?: number;
  readonly signal: AbortSignal;
}

/** Most that a multipart body adds to its file: boundaries and headers. */
const envelopeBytes = 64 * 1024;
/** Longest silence of a sender. */
const silenceMs = 60_000;
/** Bytes that may wait for the disk: what comes while one write is under way goes out together, not in pieces of 64 KiB. */
const unwrittenBytes = 4 * 2 ** 20;
/** Least time between two events about the bytes received. */
const eventEveryMs = 200;

/**
 * Receives a file and makes it the session's image, in place of the earlier one, its points and its objects. Until the file
 * was received and decoded nothing of the session changes, and after an error nothing has.
 *
 * The memory it needs is told by its header, and set aside before it is decoded.
 *
 * Throws `upload_in_progress`, `too_large`, `request_timeout`, `unavailable` when there is no room or place, and what `Engine.openImage` throws.
 */
export async function receiveImage(session: Session, upload: Upload, world: UploadWorld): Promise<ImageInfo> {
  const start = performance.now();
  try {
    const { info, bytes } = await receiveInPlace(session, upload, world);
    session.tell({ type: "uploaded", bytes, seconds: (performance.now() - start) / 1000, info });
    return info;
  } catch (error) {
    session.tell({ type: "refused", error });
    throw error;
  }
}

function receiveInPlace(
  session: Session,
  upload: Upload,
  world: UploadWorld,
): Promise<{ readonly info: ImageInfo; readonly bytes: number }> {
  return inPlace(session, upload, world, async (signal) => {
    let staged: StagedFile | undefined;
    let room: Reservation | undefined;
    try {
      staged = await world.store.stage(session.id);
      const bytes = await receiveInto(staged.path, session, upload, world, signal);
      room = world.memory.reserve(await fileCost(staged.path, world.maxUnpackRatio, signal));
      const opened = await decode(staged.path, upload.frame, world, signal);
      try {
        await install(session, opened, staged, upload);
      } catch (error) {
        opened.retire();
        throw error;
      }
      staged = undefined;
      return { info: opened.image.info, bytes };
    } finally {
      room?.release();
      await staged?.discard().catch(() => {});
    }
  });
}

/** One upload of a session at a time, and no more in all than there are places. */
async function inPlace<T>(
  session: Session,
  upload: Upload,
  { maxUploadBytes, uploads }: Pick<UploadWorld, "maxUploadBytes" | "uploads">,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (upload.expected !== undefined && upload.expected > maxUploadBytes + envelopeBytes) {
    throw tooLarge(maxUploadBytes);
  }
  if (session.uploading) {
    throw new HttpError("upload_in_progress", "An upload to this session is in progress: wait for its end");
  }
  const givePlaceBack = uploads.take();
  session.uploading = true;
  const signal = AbortSignal.any([session.signal, upload.signal]);
  try {
    return await work(signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw error;
  } finally {
    session.uploading = false;
    givePlaceBack();
  }
}

/** Writes the image file, by way of what it is made of, and gives the bytes received. */
async function receiveInto(
  path: string,
  session: Session,
  upload: Upload,
  { store, maxUploadBytes }: UploadWorld,
  signal: AbortSignal,
): Promise<number> {
  const tell = (received: number) => session.events.push({ type: "upload", received, total: upload.expected ?? null });
  if (!upload.convert) return receive(upload, path, maxUploadBytes, signal, tell);
  const sent = await store.stage(session.id);
  try {
    const bytes = await receive(upload, sent.path, maxUploadBytes, signal, tell);
    await upload.convert(sent.path, path, signal);
    return bytes;
  } finally {
    await sent.discard().catch(() => {});
  }
}

/**
 * Receives a file for `use`, and forgets it again. Unlike an image's, its coming is no event of the session.
 *
 * Throws `upload_in_progress`, `too_large`, `request_timeout`, `unavailable` when there is no room or place, and what `use` throws.
 */
export async function receiveFile<T>(
  session: Session,
  upload: Upload,
  world: Pick<UploadWorld, "store" | "maxUploadBytes" | "uploads">,
  use: (path: string, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return inPlace(session, upload, world, async (signal) => {
    const staged = await world.store.stage(session.id);
    try {
      await receive(upload, staged.path, world.maxUploadBytes, signal);
      return await use(staged.path, signal);
    } finally {
      await staged.discard().catch(() => {});
    }
  });
}

/** Writes the file and gives its size; tells now and then how much has come. */
async function receive(
  upload: Upload,
  path: string,
  limit: number,
  signal: AbortSignal,
  tell?: (received: number) => void,
): Promise<number> {
  const silence = new AbortController();
  const timer = setTimeout(
    () => silence.abort(new HttpError("request_timeout", `No data came for ${silenceMs / 1000} seconds`)),
    silenceMs,
  );
  let received = 0;
  let told = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      timer.refresh();
      received += chunk.length;
      if (received > limit) return done(tooLarge(limit));
      const at = performance.now();
      if (at - told >= eventEveryMs) {
        told = at;
        tell?.(received);
      }
      done(null, chunk);
    },
  });
  const either = AbortSignal.any([signal, silence.signal]);
  try {
    // A form whose connection has closed before it was looked at says neither what is in it nor that it ends.
    const file = await untilAborted(upload.open(), either);
    await pipeline(file, count, createWriteStream(path, { highWaterMark: unwrittenBytes }), { signal: either });
  } catch (error) {
    if (either.aborted) throw either.reason;
    throw receivingFailed(error);
  } finally {
    clearTimeout(timer);
  }
  if (received === 0)
    throw new HttpError("unreadable_image", "The file is empty: choose a NIfTI file (.nii or .nii.gz)");
  return received;
}

/** A stream fails on our side, by a call to the system, or because the body is not what it says it is. */
function receivingFailed(error: unknown): unknown {
  if (error instanceof HttpError || !(error instanceof Error)) return error;
  const { syscall, code } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new HttpError("unavailable", "The server's disk is full: nothing was changed. Try again later", {
      cause: error,
    });
  }
  if (syscall !== undefined) return error;
  return new HttpError("bad_request", "The upload is broken: its end came before the end of the file", {
    cause: error,
  });
}

async function decode(
  path: string,
  frame: number | undefined,
  { engine, maxImageBytes }: UploadWorld,
  signal: AbortSignal,
): Promise<OpenedImage> {
  const image = await engine.openImage(path, { signal, maxBytes: maxImageBytes, frame }).catch((error: unknown) => {
    // What ends a thread while it reads a file is the file: repeating the call, as elsewhere, would not help.
    if (!(error instanceof Error) || error.name !== "TaskLostError") throw error;
    throw new HttpError("unreadable_image", "The scan cannot be read: it is damaged, or too large for the server", {
      cause: error,
    });
  });
  return new OpenedImage(image);
}

async function install(session: Session, opened: OpenedImage, staged: StagedFile, upload: Upload): Promise<void> {
  session.run?.stop(new HttpError("aborted", "The run was stopped: another image was uploaded"));
  const { info } = opened.image;
  const { frame } = upload;
  await session.work(
    () =>
      session.replaceImage(opened, staged, (state) => ({
        ...emptyState,
        done: state.done,
        image: { info, frame },
        imageRevision: state.imageRevision + 1,
        maskRevision: state.maskRevision + 1,
      })),
    upload,
  );
  session.events.push({ type: "image", image_revision: session.state.imageRevision });
}

function tooLarge(limit: number): HttpError {
  return new HttpError("too_large", `The file is larger than the ${formatMb(limit)} MB that may be uploaded`);
}

function formatMb(bytes: number): string {
  return String(Math.round((bytes / 1024 / 1024) * 100) / 100);
}
