import type { StatusAnswer } from "@septum/protocol";
import { defaultWindow, type Intensities } from "../viewer/window.ts";
import type { Expiry } from "../words/expiry.ts";
import { startedRun } from "../words/run.ts";
import { activate } from "./active.ts";
import { editing } from "./editing.ts";
import type { Facts } from "./replica.ts";
import { store } from "./store.ts";

/** Shows what was read of the session. */
export function showFacts({ status, points, history }: Facts): void {
  const { active } = editing.getState();
  if (active !== undefined && !status.segments.some(({ label }) => label === active)) activate(undefined);
  store.setState((state) => {
    const newImage = status.image_revision !== state.imageRevision;
    const image = status.image ?? undefined;
    const window = newImage && image ? defaultWindow(intensities(image)) : state.view.window;
    return {
      session: { phase: "ready", id: status.session_id, person: state.session.person },
      server: {
        reachable: true,
        model: status.model,
        version: status.version,
        maxUploadBytes: status.max_upload_bytes,
        maxNameLength: status.max_name_length,
      },
      image,
      imageRevision: status.image_revision,
      scan: image ? (newImage ? "loading" : state.scan) : "none",
      points,
      selected: points.some(({ number }) => number === state.selected) ? state.selected : undefined,
      segments: status.segments,
      history,
      keptView: status.view ?? undefined,
      // Nothing is lost with an empty session.
      expiry: image && expiryOf(status),
      uploadElsewhere: status.uploading ? state.uploadElsewhere : undefined,
      // The answer may be older than a run this tab has just begun; that one ends when its own call does.
      run: status.running ? (state.run ?? startedRun(false)) : state.run?.ours ? state.run : undefined,
      view: { ...state.view, window },
    };
  });
}

/** By this page's clock: reading the status was a use. */
function expiryOf({ expires_at, last_activity }: StatusAnswer): Expiry | undefined {
  if (!expires_at) return undefined;
  const lifetime = Date.parse(expires_at) - Date.parse(last_activity);
  return { at: Date.now() + lifetime, lifetime };
}

export function intensities(image: NonNullable<StatusAnswer["image"]>): Intensities {
  return { dtype: image.dtype, range: image.data_range, percentiles: image.window };
}
