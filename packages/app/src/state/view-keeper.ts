import type { Vec3 } from "@septum/volume";
import { client } from "./client.ts";
import { editing } from "./editing.ts";
import { keptView, viewToKeep } from "./kept-view.ts";
import { handleLoss } from "./loss.ts";
import { setView, store } from "./store.ts";

const afterMs = 700;

/** JSON text of what the server has; undefined until the session was read. */
let kept: string | undefined;
/** Where the crosshair goes when the scan is on the screen. */
let cross: Vec3 | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

/** From now on keeps how the session is looked at, and brings it back when a session is entered. */
export function keepViews(): void {
  store.subscribe((state, before) => {
    if (state.imageRevision < 0) {
      if (before.imageRevision >= 0) leave();
      return;
    }
    if (before.imageRevision < 0) enter();
    if (state.scan === "ready" && before.scan !== "ready" && cross) {
      const target = cross;
      cross = undefined;
      setView({ target });
    }
    if (state.view !== before.view) keepSoon();
  });
  editing.subscribe(keepSoon);
  // A page that is closed, loaded anew or put away on a phone has no later.
  window.addEventListener("pagehide", keepNow);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keepNow();
  });
}

function enter(): void {
  const { keptView: given, imageRevision } = store.getState();
  if (given) {
    const known = keptView(given, imageRevision);
    editing.setState(known.editing);
    setView(known.view);
    cross = known.cross;
  }
  kept = text();
}

/** Another session starts as it is itself, not as the last one was left. */
function leave(): void {
  clearTimeout(timer);
  kept = undefined;
  cross = undefined;
  setView({ target: undefined });
  const { style, radiological, promptsShown, looks, active, prompt, pending, elsewhere } = editing.getInitialState();
  editing.setState({ style, radiological, promptsShown, looks, active, prompt, pending, elsewhere });
}

function keepSoon(): void {
  if (kept === undefined) return;
  clearTimeout(timer);
  timer = setTimeout(keep, afterMs);
}

function keepNow(): void {
  if (kept === undefined) return;
  clearTimeout(timer);
  keep();
}

function keep(): void {
  const state = store.getState();
  const next = text();
  // Not while the scan is on its way: the crosshair stands in its middle then, not where the person left it.
  if (next === kept || state.session.phase !== "ready" || state.scan !== "ready") return;
  kept = next;
  client.keepView(viewToKeep(state, editing.getState()), { keepalive: true }).catch((error: unknown) => {
    // Tried again with the next change.
    kept = "";
    handleLoss(error, "keep the view", { asked: false });
  });
}

function text(): string {
  return JSON.stringify(viewToKeep(store.getState(), editing.getState()));
}
