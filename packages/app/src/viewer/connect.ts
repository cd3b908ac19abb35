import type { Box } from "@septum/volume";
import { client } from "../state/client.ts";
import { intensities } from "../state/facts.ts";
import { onMaskChange } from "../state/follow.ts";
import { handleLoss } from "../state/loss.ts";
import { mayPass, type Outcome } from "../state/reader.ts";
import { type AppState, store } from "../state/store.ts";
import { createMaskSync } from "./mask-sync.ts";
import type { Viewer } from "./viewer.ts";
import { dragWindow } from "./window.ts";

/** Keeps a viewer showing what the store says. Returns a function that stops. */
export function connectViewer(viewer: Viewer): () => void {
  let opened: string | undefined;
  const masks = createMaskSync(fetchLabels);
  const stopMasks = onMaskChange((box) => {
    if (store.getState().scan === "ready") masks.invalidate(box);
  });
  const stopStore = store.subscribe(sync);
  viewer.setLabelOpacity(opacityOf(store.getState()));
  viewer.setLayout(store.getState().view.layout);
  sync(store.getState(), undefined);

  function sync(state: AppState, before: AppState | undefined) {
    const scan = scanKey(state);
    if (scan !== opened) {
      opened = scan;
      if (scan) void open(scan);
      else viewer.close();
    }
    if (state.scan === "ready" && (state.points !== before?.points || state.selected !== before?.selected)) show(state);
    if (opacityOf(state) !== (before && opacityOf(before))) viewer.setLabelOpacity(opacityOf(state));
    if (state.view.window !== before?.view.window && state.scan === "ready") viewer.setWindow(state.view.window);
    if (before && state.view.layout !== before.view.layout) viewer.setLayout(state.view.layout);
    if (before && state.view.target && state.view.target !== before.view.target) viewer.goTo(state.view.target);
  }

  async function open(key: string) {
    try {
      const bytes = await client.image();
      const { image, view } = store.getState();
      if (opened !== key || !image) return;
      await viewer.open({ bytes, window: view.window });
      const values = intensities(image);
      viewer.setDragWindow((start, dx, dy) => dragWindow(start, values, dx, dy));
      if (opened !== key) return;
      store.setState({ scan: "ready" });
      show(store.getState());
      masks.invalidate(undefined);
    } catch (error) {
      if (opened === key) handleLoss(error, "show the scan");
    }
  }

  function show({ points, selected }: AppState) {
    viewer.setPoints(
      points.map(({ number, voxel, color }) => ({ number, voxel, colour: color })),
      selected,
    );
  }

  async function fetchLabels(box: Box | undefined): Promise<Outcome> {
    const key = opened;
    try {
      const frame = await client.mask({ box });
      if (opened === key && frame.kind === "labels") viewer.setLabels(frame.box, frame.data);
      return "done";
    } catch (error) {
      if (opened !== key) return "failed";
      const again = mayPass(error);
      handleLoss(error, "show the segmentation", !again);
      return again ? "again" : "failed";
    }
  }

  return () => {
    stopStore();
    stopMasks();
    masks.stop();
  };
}

/** Another session's first image is another image too. */
function scanKey({ session, image, imageRevision }: AppState): string | undefined {
  return image && session.phase === "ready" ? `${session.id}/${imageRevision}` : undefined;
}

function opacityOf({ view }: AppState): number {
  return view.masksShown ? view.opacity : 0;
}
