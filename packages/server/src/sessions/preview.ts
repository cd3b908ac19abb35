import type { Preview } from "../engine/engine.ts";
import { HttpError, noImage } from "../http/http-error.ts";
import type { Session } from "./session.ts";

/**
 * What the object would be if the prediction under way ended now; also of an object that is only just being made. Throws
 * `preview_not_found` when there is no prediction of it under way, or its first pass has not ended.
 */
export async function previewObject(session: Session, label: number): Promise<Preview> {
  if (!session.state.image) throw noImage();
  // A resting image is not opened for it: nothing is being predicted there.
  const preview = session.idle ? undefined : await session.useImage(async (opened) => opened.known(label)?.preview());
  if (preview) return preview;
  throw new HttpError("preview_not_found", `There is no preview of object ${label}: no prediction of it is under way`);
}
