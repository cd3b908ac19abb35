import type { ExportedFile, ExportFormat } from "../engine/export/exported.ts";
import { HttpError, noImage } from "../http/http-error.ts";
import { attributesOf } from "./labels.ts";
import { segmentNotFound } from "./points.ts";
import type { Session } from "./session.ts";
import { findSegment, layersOf } from "./state.ts";

/**
 * A file of all objects, or of `chosen` alone, that was read again and compared with the masks. Throws `no_image`,
 * `no_segmentation`, `segment_not_found`.
 */
export async function exportObjects(
  session: Session,
  format: ExportFormat,
  chosen?: readonly number[],
): Promise<ExportedFile> {
  const { state } = session;
  if (!state.image) throw noImage();
  if (state.segments.length === 0) {
    throw new HttpError("no_segmentation", "There is nothing to export yet: segment something first");
  }
  const unknown = chosen?.find((label) => !findSegment(state, label));
  if (unknown !== undefined) throw segmentNotFound(session, unknown);
  const labels = layersOf(state).filter((label) => chosen?.includes(label) ?? true);
  const segments = labels.map((label) => ({ label, ...attributesOf(state, label) }));
  return session.useImage(({ image }) => image.exportFile(format, segments));
}
