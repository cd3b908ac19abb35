import multipart from "@fastify/multipart";
import { type Box, type Vec3, wholeBox } from "@septum/volume";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { gzip } from "../../engine/gzip.ts";
import { connectionSignal } from "../../http/call.ts";
import { answerTo } from "../../http/error-answer.ts";
import { HttpError, noImage } from "../../http/http-error.ts";
import type { Routes } from "../../routes/context.ts";
import type { ArraySession } from "../array-session.ts";
import { foreignRoutes, withoutToken } from "../foreign-routes.ts";
import { letRestBy, readForm } from "../form.ts";
import { drawnPart, nothingDrawn } from "../whole-mask.ts";
import { writeNiftiOfNpy } from "./image.ts";
import { readMask } from "./mask.ts";
import { mostSignificantFirst } from "./most-significant-first.ts";
import { slicerSessions } from "./sessions.ts";

const ok = { status: "ok" };

/** `[k, j, i]` */
const voxel = z.tuple([z.number(), z.number(), z.number()]);
const pointBody = z.object({ voxel_coord: voxel, positive_click: z.boolean().default(true) });
const boxBody = z.object({ outer_point_one: voxel, outer_point_two: voxel, positive_click: z.boolean().default(true) });

/**
 * The Slicer extension before 1.0 (specs/client-protocols.md §2.2), whose array is `A[k, j, i]`. Its users are told apart by a
 * name in the address, `/u/NAME`, or by their machine. It reads messages only where the status is 200.
 */
export const slicerV1: Routes = async (app, context) => {
  foreignRoutes(app, withoutToken);
  const sessions = slicerSessions(context.sessions);
  await app.register(multipart, { throwFileSizeLimit: false, limits: { fileSize: Number.POSITIVE_INFINITY } });
  // What is not for this protocol is not read.
  app.addContentTypeParser("*", (_request, _body, done) => done(null));
  app.setErrorHandler(async (error, request, reply) => {
    const { status, body } = answerTo(error);
    if (status >= 500) request.log.error({ err: error }, "failed");
    context.metrics.failed(body.code);
    letRestBy(request);
    // By these words the extension knows that it has to send its image again.
    const message = body.code === "no_image" ? "No image uploaded" : body.detail;
    const shown = status < 500 || body.code === "unavailable" ? 200 : status;
    return reply
      .code(shown)
      .type("application/json")
      .send(JSON.stringify({ status: "error", message }));
  });

  function sessionOf(request: FastifyRequest): ArraySession {
    const session = sessions.find(whoIs(request));
    if (!session?.hasImage) throw noImage();
    return session;
  }

  async function uploadImage(request: FastifyRequest, reply: FastifyReply) {
    const form = readForm(request);
    const announced = Number(request.headers["content-length"]);
    const session = await sessions.findOrStart(whoIs(request));
    await session.receiveImage(
      {
        open: async () => (await form.file("file")).file,
        convert: (from, to, signal) => writeNiftiOfNpy(from, to, context.memory, signal),
        expected: Number.isFinite(announced) ? announced : undefined,
        signal: connectionSignal(reply),
      },
      context,
    );
    return ok;
  }

  /** What the person works on now: nothing yet, or a mask to go on from. */
  async function uploadSegment(request: FastifyRequest, reply: FastifyReply) {
    const session = sessionOf(request);
    const { file } = await readForm(request).file("file");
    const mask = drawnPart(await readMask(file, session.shape), session.shape);
    const signal = connectionSignal(reply);
    await session.reset(signal);
    if (mask) await session.startFromMask(mask, { predict: false, signal });
    return ok;
  }

  async function addPoint(request: FastifyRequest, reply: FastifyReply) {
    const { voxel_coord, positive_click: positive } = parse(pointBody, request.body);
    const session = sessionOf(request);
    await session.addPoint(voxel_coord, { positive, predict: true, signal: connectionSignal(reply) });
    return sendMask(session, reply);
  }

  async function addBox(request: FastifyRequest, reply: FastifyReply) {
    const { outer_point_one, outer_point_two, positive_click: positive } = parse(boxBody, request.body);
    const session = sessionOf(request);
    const box = boxBetween(outer_point_one, outer_point_two);
    await session.addBox(box, { positive, predict: true, signal: connectionSignal(reply) });
    return sendMask(session, reply);
  }

  async function addDrawing(kind: "scribble" | "lasso", request: FastifyRequest, reply: FastifyReply) {
    const session = sessionOf(request);
    const form = readForm(request);
    const { file } = await form.file("file");
    const mask = drawnPart(await readMask(file, session.shape), session.shape);
    const positive = /^(true|1|yes)$/i.test(String(await form.field("positive_click")));
    if (!mask) throw nothingDrawn(kind);
    await session.addDrawing(kind, mask, { positive, predict: true, signal: connectionSignal(reply) });
    return sendMask(session, reply);
  }

  // nnInteractive's protocol has four of these paths too; a call with a lease is for it.
  const shared = { constraints: { leaseless: true }, preHandler: passOn, schema: { hide: true } };
  for (const prefix of ["", "/u/:name"]) {
    app.post(`${prefix}/upload_image`, hidden, uploadImage);
    app.post(`${prefix}/upload_segment`, hidden, uploadSegment);
    app.post(`${prefix}/add_point_interaction`, shared, addPoint);
    app.post(`${prefix}/add_bbox_interaction`, shared, addBox);
    app.post(`${prefix}/add_scribble_interaction`, shared, (request, reply) => addDrawing("scribble", request, reply));
    app.post(`${prefix}/add_lasso_interaction`, shared, (request, reply) => addDrawing("lasso", request, reply));
  }
  // "Test connection"; without a name the page of the app answers it.
  for (const path of ["/u/:name", "/u/:name/"]) app.get(path, hidden, async () => ok);
};

const hidden = { schema: { hide: true } };

/** A call without a lease that is none of this protocol's is answered as nnInteractive's protocol answers it. */
async function passOn(request: FastifyRequest, reply: FastifyReply) {
  const { body } = request;
  const ours = typeof body === "object" && body !== null && ("voxel_coord" in body || "outer_point_one" in body);
  if (ours || request.isMultipart()) return;
  letRestBy(request);
  return reply.code(410).send({ detail: "The lease token is missing" });
}

function parse<S extends z.ZodType>(schema: S, body: unknown): z.infer<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new HttpError("bad_request", `Cannot use ${path.join(".") || "the body"}: ${message}`);
}

/** Two people on one machine are one, unless their addresses have names. */
function whoIs(request: FastifyRequest): string {
  const { name } = request.params as { name?: string };
  return name === undefined ? `at ${request.ip}` : `named ${name}`;
}

/** Both corners belong to the box, whose flat axis is so one voxel thick. */
function boxBetween(one: Vec3, two: Vec3): Box {
  const range = (axis: 0 | 1 | 2) => [Math.min(one[axis], two[axis]), Math.max(one[axis], two[axis]) + 1] as const;
  return [range(0), range(1), range(2)];
}

/** The whole mask, C order, one bit per voxel, highest bit first, gzip. */
async function sendMask(session: ArraySession, reply: FastifyReply) {
  const bits = mostSignificantFirst(await session.maskBits(wholeBox(session.shape)));
  reply.type("application/octet-stream").header("Content-Encoding", "gzip");
  return reply.send(Buffer.from((await gzip([bits], packLevel)).buffer));
}

/** A mask packs well at any level: the least takes the least time. */
const packLevel = 1;
