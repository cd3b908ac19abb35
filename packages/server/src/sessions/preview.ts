import type { Preview } from "../engine/engine.ts";
import { noImage } from "../http/http-error.ts";
import type { Session } from "./session.ts";

/**
 * What the object would be if the prediction under way ended now; also of an object that is only just being made. Undefined
 * when there is no prediction of it under way, or its first pass has not ended.
 */
export async function previewObject(session: Session, label: number): Promise<Preview | undefined> {
  if (!session.state.image) throw noImage();
  // A resting image is not opened for it: nothing is being predicted there.
  return session.idle ? undefined : session.useImage(async (opened) => opened.known(label)?.preview());
}
