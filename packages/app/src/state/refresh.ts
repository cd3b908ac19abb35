import type { StatusAnswer } from "@septum/protocol";
import { defaultWindow, type Intensities } from "../viewer/window.ts";
import { startedRun } from "../words/run.ts";
import { client, isGone, isUnreachable } from "./client.ts";
import { report } from "./problems.ts";
import { emptySession, store } from "./store.ts";

/** Counts refreshes, so that an answer overtaken by a later question changes nothing. */
let turns = 0;

/** Reads the session anew: image, points, objects, run. Resolves to false when it could not. */
export async function refresh(): Promise<boolean> {
  const id = client.sessionId;
  const turn = ++turns;
  try {
    const [status, { points }] = await Promise.all([client.status(), client.points()]);
    if (client.sessionId !== id) return false;
    if (turn === turns) {
      apply(status);
      store.setState({ points });
    }
    return true;
  } catch (error) {
    if (client.sessionId === id) handleLoss(error, "read the session", false);
    return false;
  }
}

export async function refreshPoints(): Promise<void> {
  try {
    const { points } = await client.points();
    store.setState(({ selected }) => ({
      points,
      selected: points.some(({ number }) => number === selected) ? selected : undefined,
    }));
  } catch (error) {
    handleLoss(error, "read the points", false);
  }
}

/** Says what an error means for the page as a whole; others are shown as problems. */
export function handleLoss(error: unknown, doing: string, asked = true): void {
  if (error instanceof DOMException && error.name === "AbortError") return;
  if (isGone(error)) {
    loseSession(error instanceof Error ? error.message : undefined);
    return;
  }
  if (isUnreachable(error)) {
    // The bar at the top says so for as long as it lasts; a report on top of it is for what the person asked for.
    store.setState(({ server }) => ({ server: { ...server, reachable: false } }));
    if (!asked) return;
  }
  report(error, doing);
}

/** The session is not on the server any more. */
export function loseSession(reason: string | undefined): void {
  store.setState({ ...emptySession, session: { phase: "gone", id: client.sessionId, reason } });
}

function apply(status: StatusAnswer): void {
  store.setState((state) => {
    const newImage = status.image_revision !== state.imageRevision;
    const image = status.image ?? undefined;
    const window = newImage && image ? defaultWindow(intensities(image)) : state.view.window;
    return {
      session: { phase: "ready", id: status.session_id },
      server: {
        reachable: true,
        model: status.model,
        version: status.version,
        maxUploadBytes: status.max_upload_bytes,
      },
      image,
      imageRevision: status.image_revision,
      maskRevision: status.mask_revision,
      scan: image ? (newImage ? "loading" : state.scan) : "none",
      segments: status.segments,
      uploadElsewhere: status.uploading ? state.uploadElsewhere : undefined,
      // The answer may be older than a run this tab has just begun; that one ends when its own call does.
      run: status.running ? (state.run ?? startedRun(false)) : state.run?.ours ? state.run : undefined,
      view: { ...state.view, window },
    };
  });
}

export function intensities(image: NonNullable<StatusAnswer["image"]>): Intensities {
  return { dtype: image.dtype, range: image.data_range, percentiles: image.window };
}
