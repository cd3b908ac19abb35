import type { SessionEvent } from "@septum/protocol";
import type { Box } from "@septum/volume";
import { advanceRun, startedRun } from "../words/run.ts";
import { client } from "./client.ts";
import { handleLoss, loseSession, refresh, refreshPoints } from "./refresh.ts";
import { store } from "./store.ts";

/** Told when labels changed inside a box of the scan, or (undefined) anywhere. */
type MaskListener = (box: Box | undefined) => void;

let following: AbortController | undefined;
/** Revision of the labels as far as events told; what a refresh reads later must not hide a missed change. */
let seenMasks = -1;
const maskListeners = new Set<MaskListener>();

export function onMaskChange(listener: MaskListener): () => void {
  maskListeners.add(listener);
  return () => maskListeners.delete(listener);
}

/** Keeps the page in step with a session that other tabs and people may change too; undefined stops. */
export function follow(id: string | undefined): void {
  following?.abort();
  following = undefined;
  if (!id) return;
  const own = new AbortController();
  following = own;
  seenMasks = store.getState().maskRevision;
  void listen(own.signal);
}

async function listen(signal: AbortSignal): Promise<void> {
  try {
    for await (const event of client.events({ signal })) {
      if (signal.aborted) return;
      take(event);
    }
  } catch (error) {
    if (!signal.aborted) handleLoss(error, "follow the session", false);
  }
}

function take(event: SessionEvent): void {
  const state = store.getState();
  switch (event.type) {
    case "hello":
      if (event.missed || event.image_revision !== state.imageRevision || event.mask_revision !== seenMasks) {
        seenMasks = event.mask_revision;
        void refresh();
        announce(undefined);
      }
      return;
    case "progress":
      store.setState(({ run }) => ({ run: advanceRun(run ?? startedRun(false), event) }));
      return;
    case "run":
      if (event.state === "started") store.setState(({ run }) => ({ run: run ?? startedRun(false) }));
      // The tab that runs learns of the end from its own call, with the reason.
      else if (!state.run?.ours) {
        store.setState({ run: undefined });
        void refresh();
      }
      return;
    case "points":
      void refreshPoints();
      return;
    case "segment":
      seenMasks = event.mask_revision;
      store.setState({ maskRevision: event.mask_revision });
      announce(event.box ?? undefined);
      if (!state.run) void refresh();
      return;
    case "image":
      store.setState({ uploadElsewhere: undefined });
      if (!state.upload) void refresh();
      return;
    case "upload":
      if (!state.upload) store.setState({ uploadElsewhere: event.received });
      return;
    case "deleted":
      loseSession("It was deleted.");
  }
}

function announce(box: Box | undefined): void {
  for (const listener of maskListeners) listener(box);
}
