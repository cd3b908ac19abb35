import type { SavedParts } from "@septum/segment";
import { type Volume, wholeBox } from "@septum/volume";
import type { DecodedImage } from "./decode.ts";
import type { OpenImage, SliceRequest } from "./engine.ts";
import type { ExportSegment } from "./export/exported.ts";
import { reading } from "./gate.ts";
import { checkBox, type HeldObject, type ObjectParts, openObject } from "./segment-object.ts";
import type { ThreadSeat } from "./segment-threads.ts";

export interface ImageParts extends Omit<ObjectParts, "remote"> {
  readonly seat: ThreadSeat;
  /** Number under which the seat's thread knows the image. */
  readonly id: number;
  /** Told when the image is closed, once. */
  onClose(): void;
  /** Told when shared memory has been let go of. */
  onRelease(): void;
}

export async function openDecoded({ prepared, header, info }: DecodedImage, parts: ImageParts): Promise<OpenImage> {
  const { seat, id, tasks, passes, onClose, onRelease } = parts;
  const { remote } = seat;
  const { size } = info;
  /** Dropped on closing, so that whoever keeps this object does not keep the voxels. */
  let open: Volume | undefined = prepared.volume;
  const objects = new Map<number, HeldObject>();
  /** On their way, so that two who ask for the same object get the same. */
  const opening = new Map<number, Promise<HeldObject>>();
  await remote.call("openImage", { image: id, prepared });

  function volumeOf(): Volume {
    if (!open) throw new RangeError("The image is closed: open it again");
    return open;
  }

  function remove(label: number): void {
    objects.get(label)?.close();
    if (objects.delete(label)) onRelease();
  }

  function held(labels: readonly number[]): HeldObject[] {
    return [...new Set(labels)].map((label) => {
      const object = objects.get(label);
      if (!object) throw new RangeError(`There is no object ${label} on this image: it has ${listOf(objects.keys())}`);
      return object;
    });
  }

  /** Masks of several objects, read while none of them changes. */
  async function readMasks<R>(
    labels: readonly number[],
    read: (masks: { label: number; bits: Uint8Array }[]) => Promise<R>,
  ) {
    const chosen = held(labels);
    // Always in one order, so that two who wait for several never wait for each other.
    const gates = chosen.toSorted((a, b) => a.label - b.label).map(({ gate }) => gate);
    return reading(gates, () => read(chosen.map(({ label, mask }) => ({ label, bits: mask }))));
  }

  return {
    info,
    get bytes() {
      let bytes = open?.data.byteLength ?? 0;
      for (const object of objects.values()) bytes += object.bytes;
      return bytes;
    },
    slice: async (request) => tasks.run("slice", { volume: volumeOf(), request: withWindow(request, info.window) }),
    slicePng: async (request) =>
      tasks.run("slicePng", { volume: volumeOf(), request: withWindow(request, info.window) }),
    nifti: async () => tasks.run("packImage", { volume: volumeOf() }),
    async object(label: number, saved?: SavedParts) {
      volumeOf();
      if (saved) remove(label);
      const known = objects.get(label) ?? opening.get(label);
      if (known) return known;
      const promise = openObject({ remote, tasks, passes }, { image: id, label }, size, saved);
      opening.set(label, promise);
      try {
        const object = await promise;
        // Closed meanwhile: its thread has forgotten it already.
        if (open) objects.set(label, object);
        else object.close();
        return object;
      } finally {
        opening.delete(label);
      }
    },
    removeObject: remove,
    async settle(label, beside) {
      const chosen = held([label, ...beside.others.map((other) => other.label)]);
      const leaves: (() => void)[] = [];
      try {
        // In the order in which readers of several come.
        for (const { gate } of chosen.toSorted((a, b) => a.label - b.label)) leaves.push(await gate.enter("writer"));
        const { settlement, facts } = await remote.call("settle", { image: id, label, beside });
        for (const object of chosen) {
          const learnt = facts.get(object.label);
          if (learnt) object.learn(learnt);
        }
        return settlement;
      } finally {
        for (const leave of leaves) leave();
      }
    },
    async labelMap(labels, box = wholeBox(size)) {
      checkBox(box, size);
      return readMasks(labels, async (masks) => ({ box, data: await tasks.run("mergeBox", { masks, size, box }) }));
    },
    async labelNifti(labels) {
      const { data: _, ...grid } = volumeOf();
      const fileValueOf = new Map(labels.map(({ label, value }) => [label, value]));
      return readMasks([...fileValueOf.keys()], (masks) => {
        const valued = masks.map(({ label, bits }) => ({ label: fileValueOf.get(label) as number, bits }));
        return tasks.run("packLabels", { masks: valued, grid, source: header });
      });
    },
    async readMasks(path, signal) {
      volumeOf();
      return tasks.run("readMasks", { path, size, affine: info.affine }, signal);
    },
    cutMask: (file, labels) => tasks.run("cutLabel", { file, labels }),
    async exportFile(format, segments) {
      const { data: _, ...grid } = volumeOf();
      const facts = new Map(segments.map((segment) => [segment.label, segment]));
      return readMasks([...facts.keys()], (masks) => {
        const described = masks.map(({ label, bits }) => ({ ...(facts.get(label) as ExportSegment), bits }));
        return tasks.run("exportMasks", { format, masks: described, grid, source: header });
      });
    },
    close() {
      if (!open) return;
      open = undefined;
      for (const object of objects.values()) object.close();
      objects.clear();
      remote.call("closeImage", { image: id }).catch(() => {});
      seat.leave();
      onClose();
      onRelease();
    },
  };
}

function withWindow(request: SliceRequest, [low, high]: readonly [number, number]): Required<SliceRequest> {
  return { window: { width: high - low, level: (low + high) / 2 }, ...request };
}

function listOf(labels: Iterable<number>): string {
  const list = [...labels].sort((a, b) => a - b);
  return list.length === 0 ? "none" : list.join(", ");
}
