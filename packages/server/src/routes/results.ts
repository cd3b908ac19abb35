import { encodeFrame, labelFile, type MaskQuery, maskQuery } from "@septum/protocol";
import { type Box, boxContains, formatBox, isEmptyBox, type Vec3, wholeBox } from "@septum/volume";
import { asBuffer } from "../http/bytes.ts";
import { answerIfKnown } from "../http/cached.ts";
import { HttpError, noImage } from "../http/http-error.ts";
import { segmentNotFound } from "../sessions/points.ts";
import type { Session } from "../sessions/session.ts";
import { colorOf, fileValueOf, findSegment, labelsOf, layersOf, nameOf, type SessionState } from "../sessions/state.ts";
import { binary, errors, type Routes } from "./context.ts";

/** Masks to show, and files to keep. */
export const results: Routes = async (app) => {
  app.get(
    "/mask",
    {
      schema: {
        tags: ["results"],
        summary: "The merged label map, or one object's mask, whole or inside a box, as a binary frame",
        querystring: maskQuery,
        response: { 200: binary("application/octet-stream", "Mask frame"), ...errors },
      },
    },
    async (request, reply) => {
      const { session, query } = request;
      const { state } = session;
      if (!state.image) throw noImage();
      const box = boxOf(query, state.image.info.size);
      if (query.label !== undefined && !findSegment(state, query.label)) throw segmentNotFound(session, query.label);
      const version = [state.imageRevision, state.maskRevision, query.label ?? 0, query.box ?? ""];
      if (answerIfKnown(request, reply, "mask", ...version)) return reply.send();
      return reply.type("application/octet-stream").send(await maskFrame(session, query.label, box));
    },
  );

  app.get(
    "/download/segmentation",
    {
      schema: {
        tags: ["results"],
        summary: "The label map as .nii.gz with the source's geometry, uint8 or uint16",
        response: { 200: binary("application/gzip", "Label map"), ...errors },
      },
    },
    async ({ session }, reply) => {
      checkResults(session);
      const file = await session.useImage(({ image }) => image.labelNifti(labelValues(session.state)));
      reply
        .header("Content-Disposition", 'attachment; filename="segmentation.nii.gz"')
        .header("Cache-Control", "no-store");
      return reply.type("application/gzip").send(asBuffer(file));
    },
  );

  app.get(
    "/download/labels",
    {
      schema: {
        tags: ["results"],
        summary: "ITK-SNAP label description file",
        response: { 200: binary("text/plain", "Label descriptions"), ...errors },
      },
    },
    async ({ session }, reply) => {
      checkResults(session);
      reply.header("Content-Disposition", 'attachment; filename="labels.txt"').header("Cache-Control", "no-store");
      return reply.type("text/plain; charset=utf-8").send(labelFile(descriptions(session.state)));
    },
  );
};

/** What a label map in a file is made of. */
function labelValues(state: SessionState) {
  return layersOf(state).map((label) => ({ label, value: fileValueOf(state, label) }));
}

function descriptions(state: SessionState) {
  return labelsOf(state)
    .map((label) => ({ value: fileValueOf(state, label), name: nameOf(state, label), color: colorOf(state, label) }))
    .sort((a, b) => a.value - b.value);
}

function boxOf({ box: text }: MaskQuery, size: Vec3): Box {
  if (text === undefined) return wholeBox(size);
  const [i0, i1, j0, j1, k0, k1] = text.split(",").map(Number);
  const box: Box = [
    [i0, i1],
    [j0, j1],
    [k0, k1],
  ];
  if (!isEmptyBox(box) && boxContains(wholeBox(size), box)) return box;
  throw new HttpError(
    "outside_volume",
    `Box ${formatBox(box)} is not a box of the volume: volume size is [${size.join(", ")}], boxes are half-open`,
  );
}

function maskFrame(session: Session, label: number | undefined, box: Box): Promise<Buffer> {
  return session.useImage(async (opened) => {
    if (label === undefined) {
      const { data } = await opened.image.labelMap(layersOf(session.state), box);
      return asBuffer(await encodeFrame({ kind: "labels", box, data }));
    }
    const object = await opened.object(label);
    return asBuffer(await encodeFrame({ kind: "mask", box, data: await object.maskBits(box) }));
  });
}

function checkResults({ state }: Session): void {
  if (!state.image) throw noImage();
  if (state.segments.length === 0) {
    throw new HttpError(
      "no_segmentation",
      "Nothing has been segmented yet: mark points and run the segmentation first",
    );
  }
}
