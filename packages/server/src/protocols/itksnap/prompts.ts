import type { Vec3 } from "@septum/volume";
import type { FastifyReply, FastifyRequest } from "fastify";
import { gzip } from "../../engine/gzip.ts";
import { connectionSignal } from "../../http/call.ts";
import type { ArraySession } from "../array-session.ts";
import { readForm } from "../form.ts";
import { readElements, setBit, unpacked } from "../incoming.ts";
import { drawnPart, emptyBits, nothingDrawn, wholeMaskBytes } from "../whole-mask.ts";

/** The whole mask as one byte per voxel, gzip, base64: all that ITK-SNAP reads, and of exactly this size. */
export interface Result {
  readonly status: "success";
  readonly result: string;
}

/** A point at `[k, j, i]`. */
export async function addPoint(
  session: ArraySession,
  at: Vec3,
  positive: boolean,
  reply: FastifyReply,
): Promise<Result> {
  await session.addPoint(at, { positive, predict: true, signal: connectionSignal(reply) });
  return resultOf(session);
}

/** A drawing that comes as float32 over the whole volume, gzip: what is above 0 is drawn. */
export async function addDrawing(
  kind: "scribble" | "lasso",
  session: ArraySession,
  request: FastifyRequest,
  positive: boolean,
  reply: FastifyReply,
): Promise<Result> {
  const { shape } = session;
  const bits = emptyBits(shape);
  const { file } = await readForm(request).file("file");
  await readElements(unpacked(file), shape[0] * shape[1] * shape[2], Float32Array, (values, at) => {
    for (let n = 0; n < values.length; n++) if (values[n] > 0) setBit(bits, at + n);
  });
  const mask = drawnPart(bits, shape);
  if (!mask) throw nothingDrawn(kind);
  await session.addDrawing(kind, mask, { positive, predict: true, signal: connectionSignal(reply) });
  return resultOf(session);
}

async function resultOf(session: ArraySession): Promise<Result> {
  const packed = await gzip(await wholeMaskBytes(session), packLevel);
  return { status: "success", result: Buffer.from(packed.buffer).toString("base64") };
}

/** A mask packs well at any level: the least takes the least time. */
const packLevel = 1;
