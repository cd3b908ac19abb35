import {
  type MarkPointBody,
  markPointAnswer,
  markPointBody,
  pointsAnswer,
  pointsRemovedAnswer,
} from "@septum/protocol";
import type { Vec3 } from "@septum/volume";
import { z } from "zod";
import { sliceToVoxel } from "../drawing/slice-plane.ts";
import { callerOf } from "../http/call.ts";
import { HttpError } from "../http/http-error.ts";
import { clearPoints, markPoint, removePoint } from "../sessions/points.ts";
import { colorOf, type SessionState } from "../sessions/state.ts";
import { numberedPoints } from "./answers.ts";
import { errors, type Routes } from "./context.ts";

/** Numbered points: point n makes the object with label n. */
export const points: Routes = async (app) => {
  app.post(
    "/mark_point",
    {
      schema: {
        tags: ["points"],
        summary: "Mark a numbered point; a number used again moves its point",
        body: markPointBody,
        response: { 200: markPointAnswer, ...errors },
      },
    },
    async (request, reply) => {
      const { session, body } = request;
      const voxel = voxelOf(body);
      const number = await markPoint(session, voxel, body.point_number, callerOf(request, reply).key);
      return {
        message: `Point ${number} was marked`,
        session_id: session.id,
        point_number: number,
        total_points: session.state.points.length,
        voxel,
        color: colorOf(session.state, number),
      };
    },
  );

  app.get(
    "/points",
    { schema: { tags: ["points"], summary: "All numbered points", response: { 200: pointsAnswer, ...errors } } },
    async ({ session }) => ({
      session_id: session.id,
      total_points: session.state.points.length,
      points: numberedPoints(session.state),
      by_slice: numbersBySlice(session.state),
    }),
  );

  app.delete(
    "/points",
    {
      schema: {
        tags: ["points"],
        summary: "Remove all points and the objects made from them",
        response: { 200: pointsRemovedAnswer, ...errors },
      },
    },
    async (request, reply) => {
      const { session } = request;
      await clearPoints(session, callerOf(request, reply));
      return { message: "All points were removed", session_id: session.id, total_points: session.state.points.length };
    },
  );

  app.delete(
    "/remove_point/:n",
    {
      schema: {
        tags: ["points"],
        summary: "Remove a point and the object made from it",
        params: z.object({ n: z.string() }),
        response: { 200: pointsRemovedAnswer, ...errors },
      },
    },
    async (request, reply) => {
      const { session, params } = request;
      if (!/^\d{1,9}$/.test(params.n))
        throw new HttpError("bad_request", `"${params.n}" is no point number: expected 1, 2, 3, …`);
      const number = Number(params.n);
      await removePoint(session, number, callerOf(request, reply));
      return {
        message: `Point ${number} was removed`,
        session_id: session.id,
        total_points: session.state.points.length,
      };
    },
  );
};

function voxelOf(body: MarkPointBody): Vec3 {
  if ("voxel" in body) return body.voxel;
  return sliceToVoxel(body.axis, body.slice_index, body.point.x, body.point.y);
}

function numbersBySlice({ points }: SessionState): Record<string, Record<string, number[]>> {
  const bySlice: Record<string, Record<string, number[]>> = { 0: {}, 1: {}, 2: {} };
  for (const { number, voxel } of points) {
    for (const axis of [0, 1, 2] as const) {
      bySlice[axis][voxel[axis]] ??= [];
      bySlice[axis][voxel[axis]].push(number);
    }
  }
  return bySlice;
}
