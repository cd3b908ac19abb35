import { ApiError, labelColor, type SegmentSummary } from "@septum/protocol";
import { type Box, clipBox, isEmptyBox } from "@septum/volume";
import { client } from "../state/client.ts";
import { type Editing, editing, lookOf } from "../state/editing.ts";
import { intensities } from "../state/facts.ts";
import { onMaskChange, onSessionEvent } from "../state/follow.ts";
import { handleLoss } from "../state/loss.ts";
import { mayPass, type Outcome } from "../state/reader.ts";
import { type AppState, store } from "../state/store.ts";
import { createLookSync } from "./look-sync.ts";
import { createMaskSync } from "./mask-sync.ts";
import { createPreviewSync } from "./preview-sync.ts";
import type { MaskLook, Viewer } from "./viewer.ts";
import { defaultWindow, dragWindow, sampledIntensities } from "./window.ts";

/** A viewer that shows what the stores say. */
export interface ConnectedViewer {
  /** The labels of a box are read anew from the server. */
  readAgain(box: Box): void;
  stop(): void;
}

export function connectViewer(viewer: Viewer): ConnectedViewer {
  let opened: string | undefined;
  const masks = createMaskSync(fetchLabels);
  const activeMask = createMaskSync(fetchActiveMask);
  const stopMasks = onMaskChange((box, segment) => {
    if (store.getState().scan !== "ready") return;
    masks.invalidate(box);
    const ours = !segment || (segment.label === editing.getState().active && !segment.removed);
    if (ours) activeMask.invalidate(box);
  });
  const preview = createPreviewSync({
    fetch: (label, signal) => client.preview(label, { signal }),
    show(label, layer) {
      const known = store.getState().segments.find((segment) => segment.label === label);
      viewer.setPreview(layer, label, known?.color ?? labelColor(label));
    },
    hide: () => viewer.setPreview(undefined, 0, labelColor(1)),
  });
  const looks = createLookSync(async (voxel) => {
    const { person } = store.getState().session;
    if (person) await client.look(person, voxel);
  });
  const stopEvents = onSessionEvent(preview.take);
  const stopStore = store.subscribe(sync);
  const stopEditing = editing.subscribe(syncEditing);
  viewer.setLayout(store.getState().view.layout);
  sync(store.getState(), undefined);
  syncEditing(editing.getState(), undefined);

  function sync(state: AppState, before: AppState | undefined) {
    const scan = scanKey(state);
    if (scan !== opened) {
      const local = opened?.startsWith(localKey);
      opened = scan;
      if (!scan) viewer.close();
      else if (state.local) void openLocal(scan, state.local);
      // What was shown while it was sent is what the server has now.
      else if (local && state.sentRevision === state.imageRevision && sameSize(state)) opensAs(scan);
      else void open(scan);
    }
    const { view } = state;
    if (state.scan === "ready" && (state.points !== before?.points || state.selected !== before?.selected)) show(state);
    if (view.opacity !== before?.view.opacity || view.masksShown !== before?.view.masksShown) {
      viewer.setMaskLook(maskLook(state, editing.getState()));
    }
    if (view.window !== before?.view.window && state.scan === "ready") viewer.setWindow(view.window);
    if (before && view.layout !== before.view.layout) viewer.setLayout(view.layout);
    if (before && view.target && view.target !== before.view.target) viewer.goTo(view.target);
    if (state.segments !== before?.segments) {
      if (before && state.scan === "ready" && isShownAnew(before.segments, state.segments, viewer.labelled())) {
        masks.invalidate(undefined);
      }
      showLooks();
      viewer.refreshOverlay();
    }
    if (before?.run && !state.run) preview.idle();
    if (state.people !== before?.people) {
      keepPlaces(state);
      showPeople();
    }
    const company = state.people.length > 1;
    const joined = company && state.people.length > (before?.people.length ?? 0);
    if (view.cross && company && (joined || view.cross !== before?.view.cross)) looks.moved(view.cross);
  }

  function syncEditing(state: Editing, before: Editing | undefined) {
    if (state.style !== before?.style || state.peeking !== before?.peeking) {
      viewer.setMaskLook(maskLook(store.getState(), state));
    }
    if (state.radiological !== before?.radiological) viewer.setRadiological(state.radiological);
    if (state.looks !== before?.looks) showLooks();
    if (state.active !== before?.active) showActive(state.active);
    if (state.elsewhere !== before?.elsewhere) showPeople();
    viewer.refreshOverlay();
  }

  async function open(key: string) {
    try {
      const bytes = await client.image();
      const { image, view } = store.getState();
      if (opened !== key || !image) return;
      await viewer.open({ bytes, window: view.window });
      opensAs(key);
    } catch (error) {
      if (opened === key) handleLoss(error, "show the scan");
    }
  }

  /** The picture is that of the session's image, and shows from now on what belongs to it. */
  function opensAs(key: string) {
    const { image } = store.getState();
    if (opened !== key || !image) return;
    const values = intensities(image);
    viewer.setDragWindow((start, dx, dy) => dragWindow(start, values, dx, dy));
    store.setState({ scan: "ready" });
    // What was asked for while the scan was on its way.
    const now = store.getState();
    viewer.setWindow(now.view.window);
    if (now.view.target) viewer.goTo(now.view.target);
    show(now);
    showPeople();
    masks.invalidate(undefined);
    showActive(editing.getState().active);
  }

  /** The label map may have only part of it, so its own mask is fetched. */
  function showActive(label: number | undefined) {
    viewer.setActive(label);
    if (label !== undefined && store.getState().scan === "ready") activeMask.invalidate(undefined);
  }

  /** Shows a file while it is on its way to the server. Why one cannot be shown is for the server to say. */
  async function openLocal(key: string, file: Blob) {
    try {
      const bytes = await file.arrayBuffer();
      if (opened !== key) return;
      await viewer.open({ bytes, window: { lower: 0, upper: 1 } });
      const values = viewer.size && sampledIntensities(viewer.size, viewer.valueAt);
      if (opened !== key || !values) return;
      viewer.setWindow(defaultWindow(values));
      viewer.setDragWindow((start, dx, dy) => dragWindow(start, values, dx, dy));
      store.setState({ scan: "local" });
    } catch {
      if (opened === key) viewer.close();
    }
  }

  function sameSize({ image }: AppState): boolean {
    return image !== undefined && viewer.size?.every((length, d) => length === image.shape[d]) === true;
  }

  function show({ points, selected }: AppState) {
    viewer.setPoints(
      points.map(({ number, voxel, color }) => ({ number, voxel, colour: color })),
      selected,
    );
  }

  function showLooks() {
    const state = editing.getState();
    const shownLooks = store.getState().segments.map(({ label, color }) => {
      const { shown, opacity } = lookOf(state, label);
      return [label, { colour: color, opacity: shown ? opacity : 0 }] as const;
    });
    viewer.setLooks(new Map(shownLooks));
  }

  function showPeople() {
    const { people, session } = store.getState();
    const { elsewhere } = editing.getState();
    viewer.setPeople(
      people.flatMap(({ id, name, color }) => {
        const voxel = id === session.person ? undefined : elsewhere[id];
        return voxel ? { name, colour: color, voxel } : [];
      }),
    );
  }

  function fetchLabels(box: Box | undefined): Promise<Outcome> {
    return fetchMask(async (isCurrent) => {
      const frame = await client.mask({ box });
      if (isCurrent() && frame.kind === "labels") await viewer.setLabels(frame.box, frame.data);
      preview.labelsShown((label) => label !== editing.getState().active);
    });
  }

  function fetchActiveMask(box: Box | undefined): Promise<Outcome> {
    return fetchMask(async (isCurrent) => {
      const { active } = editing.getState();
      if (active === undefined) return;
      const frame = await client.mask({ label: active, box: viewer.activeMask === active ? box : undefined });
      if (isCurrent() && frame.kind === "mask") await viewer.setActiveMask(active, frame.box, frame.data);
      preview.labelsShown((label) => label === active);
    });
  }

  async function fetchMask(read: (isCurrent: () => boolean) => Promise<void>): Promise<Outcome> {
    const key = opened;
    try {
      await read(() => opened === key);
      return "done";
    } catch (error) {
      // The active segment may be gone before this page has heard of it.
      if (opened !== key || isMissing(error)) return "failed";
      const again = mayPass(error);
      handleLoss(error, "show the segmentation", { asked: !again });
      return again ? "again" : "failed";
    }
  }

  return {
    readAgain(box) {
      const inside = viewer.size && clipBox(box, viewer.size);
      if (!inside || isEmptyBox(inside)) return;
      masks.invalidate(inside);
      activeMask.invalidate(inside);
    },
    stop() {
      stopStore();
      stopEditing();
      stopEvents();
      preview.stop();
      looks.stop();
      stopMasks();
      masks.stop();
      activeMask.stop();
    },
  };
}

/**
 * Whether the label map is another one though no mask changed: a locked segment has what it shares with others. Where all
 * voxels together are no more than those that are `labelled`, nothing is shared.
 */
function isShownAnew(before: readonly SegmentSummary[], now: readonly SegmentSummary[], labelled: number): boolean {
  const locks = new Map(before.map(({ label, locked }) => [label, locked]));
  const turned = now.some(({ label, locked }) => locks.has(label) && locks.get(label) !== locked);
  return turned && now.reduce((sum, { voxels }) => sum + voxels, 0) !== labelled;
}

const localKey = "local/";
const fileIds = new WeakMap<Blob, number>();
let lastFile = 0;

function isMissing(error: unknown): boolean {
  return error instanceof ApiError && error.code === "segment_not_found";
}

/** Where people look, for everything that shows it. */
function keepPlaces({ people }: AppState): void {
  const places = people.flatMap(({ id, voxel }) => (voxel ? [[id, voxel] as const] : []));
  editing.setState({ elsewhere: Object.fromEntries(places) });
}

/** Another session's first image is another image too, and a file on its way is none of them yet. */
function scanKey({ session, image, imageRevision, local }: AppState): string | undefined {
  if (local) {
    const id = fileIds.get(local) ?? ++lastFile;
    fileIds.set(local, id);
    return `${localKey}${id}`;
  }
  return image && session.phase === "ready" ? `${session.id}/${imageRevision}` : undefined;
}

/** The outline is stronger than what it surrounds. */
function maskLook({ view }: AppState, { style, peeking }: Editing): MaskLook {
  const opacity = view.masksShown && !peeking ? view.opacity : 0;
  return { fill: style === "outline" ? 0 : opacity, outline: style === "fill" ? 0 : Math.min(1, 2 * opacity) };
}
