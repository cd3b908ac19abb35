import { boxVoxels, wholeBox } from "@septum/volume";
import type { Applied, SegmentObject } from "../engine/engine.ts";
import { type FileLabel, type MaskFile, maskBytesPerVoxel, readMaskHeader } from "../engine/mask-file.ts";
import { HttpError, noImage } from "../http/http-error.ts";
import { attributesOf, tellLabel, withAttributes } from "./labels.ts";
import type { OpenedImage } from "./opened-image.ts";
import { refuseLocked } from "./points.ts";
import { type BlobChange, together, writeObject } from "./saved-objects.ts";
import { tellChanged, work } from "./segments.ts";
import type { Session } from "./session.ts";
import { fileValueOf, isInUse, labelsInUse, nextFree, objectKey, type SessionState, withSegment } from "./state.ts";
import { receiveFile, type Upload, type UploadWorld } from "./upload.ts";

export interface ImportedObject {
  readonly label: number;
  readonly value: number;
  readonly name: string;
  readonly voxels: number;
}

/**
 * Receives a file of masks and makes an object of each, with the file's values and names, or of all of them one object,
 * `into`. One step of the history; all or nothing, and on disk when it resolves. The memory that takes is told by the file's
 * header, and set aside before its voxels are unpacked.
 *
 * Throws `no_image`, `segment_locked`, `limit_reached`, `unavailable` when there is no room, what `receiveFile` throws, and what `OpenImage.readMasks` throws.
 */
export async function importMasks(
  session: Session,
  upload: Upload & { readonly into?: number },
  world: UploadWorld,
): Promise<ImportedObject[]> {
  const { image, imageRevision } = session.state;
  if (!image) throw noImage();
  const { into } = upload;
  if (into !== undefined) refuseLocked(session.state, into);
  return receiveFile(session, upload, world, (path, signal) =>
    work(session, { signal }, async (opened) => {
      if (session.state.imageRevision !== imageRevision) {
        throw new HttpError("aborted", "The masks were for an image that has been replaced meanwhile");
      }
      // However small the file: masks of the scan's size pack to a thousandth, so that no ratio tells good ones from bad.
      const bytes = maskBytesPerVoxel(await readMaskHeader(path, signal)) * boxVoxels(wholeBox(image.info.size));
      const room = world.memory.reserve(bytes, "Reading this file");
      try {
        const file = await opened.image.readMasks(path, signal);
        return await makeObjects(session, opened, file, into, signal);
      } finally {
        room.release();
      }
    }),
  );
}

/** An object to be made of some of a file's labels. */
interface Planned {
  readonly label: number;
  readonly from: readonly FileLabel[];
}

interface Made extends Planned {
  readonly object: SegmentObject;
  readonly applied: Applied;
}

async function makeObjects(
  session: Session,
  opened: OpenedImage,
  file: MaskFile,
  into: number | undefined,
  signal: AbortSignal,
): Promise<ImportedObject[]> {
  const { state } = session;
  const planned = into === undefined ? planObjects(session, file.labels) : [{ label: into, from: file.labels }];
  if (into !== undefined) refuseLocked(state, into);
  const made: Made[] = [];
  const saved: BlobChange[] = [];
  try {
    for (const { label, from } of planned) {
      signal.throwIfAborted();
      const cut = await opened.image.cutMask(file, from);
      const object = await opened.object(label);
      const applied = await object.apply({ kind: "initial", ...cut }, { owner: session.id, predict: false, signal });
      made.push({ label, from, object, applied });
      saved.push(writeObject(objectKey(label), await object.save()));
    }
    await session.change((now) => {
      const moves = new Map(made.map(({ label, object }) => [label, { steps: 1, undoable: object.undoable }]));
      const name = `masks from a file: ${planned.map(({ label }) => label).join(", ")}`;
      return { state: withObjects(now, made, into), ...together(...saved), step: { name, moves } };
    });
  } catch (error) {
    // Memory is ahead of the disk, which is right: the image is opened from there by the next call.
    session.rest();
    if (signal.aborted) throw signal.reason;
    throw error;
  }
  for (const { label, applied } of made) {
    tellLabel(session, label);
    tellChanged(session, label, applied.voxels, applied.changed);
  }
  return made.map(({ label, applied }) => {
    const { name, value } = attributesOf(session.state, label);
    return { label, value, name, voxels: applied.voxels };
  });
}

/** The file's own numbers as labels where they are free. Throws `limit_reached`. */
function planObjects({ state, limits }: Session, labels: readonly FileLabel[]): Planned[] {
  if (state.segments.length + labels.length > limits.points) {
    throw new HttpError(
      "limit_reached",
      `The file has ${labels.length} objects and this session ${state.segments.length}: it may have ${limits.points}`,
    );
  }
  const taken = new Set(labelsInUse(state));
  const own = new Set(labels.map(({ value }) => value));
  return labels.map((found) => {
    // Numbers that others of the file bring along are theirs.
    const free = !taken.has(found.value) ? found.value : nextFree([...taken, ...own]);
    if (free === undefined) throw new HttpError("limit_reached", "Every number is in use: remove an object first");
    taken.add(free);
    return { label: free, from: [found] };
  });
}

function withObjects(state: SessionState, made: readonly Made[], into: number | undefined): SessionState {
  let next = state;
  for (const { label, from, applied } of made) {
    const known = isInUse(next, label);
    next = withSegment(next, { label, voxels: applied.voxels, prompts: [{ kind: "mask", positive: true }] });
    if (into !== undefined || known) continue;
    const [{ value, name, color, state: progress }] = from;
    const values = labelsInUse(next).filter((other) => other !== label);
    const free = !values.some((other) => fileValueOf(next, other) === value);
    next = withAttributes(next, label, {
      ...(name !== undefined && name !== "" && { name }),
      ...(color !== undefined && { color }),
      ...(progress !== undefined && { state: progress }),
      ...(free && { value }),
    });
  }
  return next;
}
