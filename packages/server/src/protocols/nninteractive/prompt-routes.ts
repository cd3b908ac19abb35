import { type Box, boxSize, boxVoxels, shiftBox, type Vec3, wholeBox } from "@septum/volume";
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import { HttpError } from "../../http/http-error.ts";
import type { ArrayChange, ArraySession, PromptCall } from "../array-session.ts";
import type { ProtocolThreads } from "../threads.ts";
import type { Lease } from "./leases.ts";
import { sendPrediction } from "./prediction.ts";
import { bodies, readBody, readBytes, readMeta } from "./request.ts";

/** A call with a valid lease. */
export interface LeasedCall {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly lease: Lease;
  /** Aborts when the client lets go of the connection, or its lease ends. */
  readonly signal: AbortSignal;
}

/** Makes the handler of a call that needs a lease. One that acts is something done, and has the client to itself. */
export type Leased = (act: boolean, serve: (call: LeasedCall) => Promise<unknown>) => RouteHandlerMethod;

/** What a mask's file has besides its elements, at most. */
const envelopeBytes = 64 * 1024;

/** Prompts, predictions and undo: all that answers with what is different in the mask (spec §1.6, §1.7). */
export function promptRoutes(app: FastifyInstance, leased: Leased, threads: ProtocolThreads): void {
  app.post(
    "/undo",
    leased(true, async (call) => {
      const change = (await call.lease.array?.undo(call.signal)) ?? { ran: false };
      return answer(call, change);
    }),
  );

  app.post(
    "/predict",
    leased(true, async (call) => {
      const { force_full_refine: full } = await readBody(call.request, bodies.predict);
      const array = readyToPredict(call.lease);
      return answer(call, await array.predict({ full, signal: call.signal }));
    }),
  );

  app.post(
    "/add_point_interaction",
    leased(true, async (call) => {
      const { coordinates, ...flags } = await readBody(call.request, bodies.point);
      const { array, prompt } = prepare(call, flags);
      return answer(call, await array.addPoint(coordinates, prompt));
    }),
  );

  app.post(
    "/add_bbox_interaction",
    leased(true, async (call) => {
      const { bbox_coords, ...flags } = await readBody(call.request, bodies.box);
      const { array, prompt } = prepare(call, flags);
      return answer(call, await array.addBox(bbox_coords, prompt));
    }),
  );

  for (const kind of ["scribble", "lasso"] as const) {
    app.post(
      `/add_${kind}_interaction`,
      leased(true, async (call) => {
        const { interaction_bbox, ...flags } = readMeta(call.request, bodies.drawing);
        const { array, prompt } = prepare(call, flags);
        const box = interaction_bbox ?? wholeBox(array.shape);
        const drawn = await readMask(call, array, box);
        if (!drawn) throw new HttpError("invalid_prompt", `The ${kind} has no voxel: draw at least one`);
        return answer(call, await array.addDrawing(kind, drawn, prompt));
      }),
    );
  }

  app.post(
    "/add_initial_seg_interaction",
    leased(true, async (call) => {
      const flags = readMeta(call.request, bodies.initialSeg);
      const { array, prompt } = prepare(call, { ...flags, include_interaction: true });
      const drawn = await readMask(call, array, wholeBox(array.shape));
      return answer(call, await array.startFromMask(drawn ?? emptyMask, prompt));
    }),
  );

  /** What of a mask is drawn, at its place in the image. */
  async function readMask({ request, signal }: LeasedCall, array: ArraySession, box: Box) {
    const image = wholeBox(array.shape);
    const whole = box.flat().every(Number.isInteger) && box.every(([from, to]) => from < to);
    if (!whole || box.some(([from, to], axis) => from < 0 || to > image[axis][1])) {
      throw new HttpError(
        "outside_volume",
        `interaction_bbox ${JSON.stringify(box)} is not inside the image, which is [${array.shape.join(", ")}]`,
      );
    }
    const file = await readBytes(request, 8 * boxVoxels(box) + envelopeBytes);
    const drawn = await threads.run("readMask", { file, shape: boxSize(box) }, signal);
    const origin: Vec3 = [box[0][0], box[1][0], box[2][0]];
    return drawn && { ...drawn, box: shiftBox(drawn.box, origin) };
  }

  function answer({ reply, lease }: LeasedCall, change: ArrayChange) {
    return sendPrediction(reply, change, lease.hasBuffer ? lease.array : undefined, threads);
  }
}

/** The mask of nothing. */
const emptyMask = { box: wholeBox([1, 1, 1]), data: new Uint8Array(1) };

interface Flags {
  readonly include_interaction: boolean;
  readonly run_prediction: boolean;
}

/** The client's array and how it wants a prompt taken. Throws `no_image`, `bad_request` when something has to come first. */
function prepare({ lease, signal }: LeasedCall, flags: Flags): { array: ArraySession; prompt: PromptCall } {
  const array = flags.run_prediction ? readyToPredict(lease) : withImage(lease);
  return { array, prompt: { positive: flags.include_interaction, predict: flags.run_prediction, signal } };
}

function withImage({ array, autozoom }: Lease): ArraySession {
  if (!array) throw new HttpError("no_image", "There is no image yet: call set_image first");
  array.autozoom = autozoom;
  return array;
}

function readyToPredict(lease: Lease): ArraySession {
  const array = withImage(lease);
  if (!lease.hasBuffer)
    throw new HttpError("bad_request", "There is no target buffer yet: call set_target_buffer first");
  return array;
}
