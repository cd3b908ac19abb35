import {
  type Axis,
  type MarkedPoint,
  type SliceAnswer,
  type SliceQuery,
  sliceAnswer,
  sliceParams,
  sliceQuery,
} from "@septum/protocol";
import { z } from "zod";
import { checkSlice } from "../drawing/bounds.ts";
import { voxelToSlice } from "../drawing/slice-plane.ts";
import type { OpenImage, SliceRequest } from "../engine/engine.ts";
import { asksFor } from "../http/accept.ts";
import { asBuffer } from "../http/bytes.ts";
import { answerIfKnown } from "../http/cached.ts";
import { HttpError, noImage } from "../http/http-error.ts";
import type { Session } from "../sessions/session.ts";
import { colorOf, type SessionState } from "../sessions/state.ts";
import { binary, errors, type Routes } from "./context.ts";

type GreySlice = Awaited<ReturnType<OpenImage["slice"]>>;

/** The scan, whole or slice by slice. */
export const image: Routes = async (app) => {
  app.get(
    "/image",
    {
      schema: {
        tags: ["image"],
        summary: "The session's volume as a NIfTI-1 file (gzip)",
        response: { 200: binary("application/gzip", "The volume"), ...errors },
      },
    },
    async (request, reply) => {
      const { session } = request;
      if (!session.state.image) throw noImage();
      if (answerIfKnown(request, reply, "image", session.state.imageRevision)) return reply.send();
      const file = await session.useImage(({ image }) => image.nifti());
      return reply.type("application/gzip").send(asBuffer(file));
    },
  );

  app.get(
    "/slice/:axis/:slice_index",
    {
      schema: {
        tags: ["image"],
        summary: "One slice: rows = first remaining axis, columns = second; a PNG when the caller accepts image/png",
        params: sliceParams,
        querystring: sliceQuery,
        response: {
          200: {
            description: "Grey values 0–255",
            content: {
              "application/json": { schema: sliceAnswer },
              "image/png": { schema: z.any().meta({ type: "string", format: "binary" }) },
            },
          },
          ...errors,
        },
      },
    },
    async (request, reply) => {
      const { session, params, query } = request;
      const slice = sliceRequest(session, params, query);
      reply.header("Vary", "X-Session-ID, Accept").header("Cache-Control", "private, no-cache");
      if (asksFor(request, "image/png")) {
        const png = await session.useImage(({ image }) => image.slicePng(slice));
        return reply.type("image/png").send(asBuffer(png));
      }
      const grey = await session.useImage(({ image }) => image.slice(slice));
      return reply.type("application/json; charset=utf-8").send(sliceJson(session, slice, grey));
    },
  );
};

/**
 * A `sliceAnswer` as text. Written by hand, since a quarter of a million numbers one by one through a schema hold up
 * everybody else for a tenth of a second.
 */
function sliceJson({ id, state }: Session, { axis, index }: SliceRequest, { rows, columns, data }: GreySlice): string {
  const lines = Array.from(
    { length: rows },
    (_, row) => `[${data.subarray(row * columns, (row + 1) * columns).join()}]`,
  );
  const facts: Omit<SliceAnswer, "slice_data"> = {
    session_id: id,
    axis,
    slice_index: index,
    max_slices: state.image?.info.size[axis] ?? 0,
    marked_points: markedPoints(state, axis, index),
  };
  return `${JSON.stringify(facts).slice(0, -1)},"slice_data":[${lines.join()}]}`;
}

function sliceRequest(
  { state }: Session,
  params: { readonly axis: string; readonly slice_index: string },
  { window, level }: SliceQuery,
): SliceRequest {
  const axis = checkAxis(params.axis);
  if (!state.image) throw noImage();
  if (!/^-?\d{1,9}$/.test(params.slice_index)) {
    throw new HttpError("bad_request", `slice_index is "${params.slice_index}": expected a whole number`);
  }
  const index = Number(params.slice_index);
  checkSlice(axis, index, state.image.info.size, "slice_not_found");
  return window === undefined || level === undefined
    ? { axis, index }
    : { axis, index, window: { width: window, level } };
}

function checkAxis(text: string): Axis {
  if (text === "0" || text === "1" || text === "2") return Number(text) as Axis;
  throw new HttpError("bad_request", `axis is "${text}": expected 0 (sagittal), 1 (coronal) or 2 (axial)`);
}

function markedPoints(state: SessionState, axis: Axis, index: number): MarkedPoint[] {
  return state.points
    .filter(({ voxel }) => voxel[axis] === index)
    .map(({ number, voxel }) => ({ number, ...voxelToSlice(axis, voxel), voxel, color: colorOf(state, number) }));
}
