import { type Box, boxSize, boxVoxels } from "@septum/volume";
import type { FastifyReply } from "fastify";
import { asBuffer } from "../../http/bytes.ts";
import type { ArrayChange, ArraySession } from "../array-session.ts";
import type { ProtocolThreads } from "../threads.ts";
import { packMask } from "./mask.ts";
import { metaHeader } from "./request.ts";

/** Up to here, packing takes two milliseconds; on a busy machine a thread takes longer to wake. */
const fewVoxels = 64 ** 3;

/** The answer to a prediction or an undo (spec §1.6): where it changed, and all of the mask there. */
export async function sendPrediction(
  reply: FastifyReply,
  { ran, changed }: ArrayChange,
  array: ArraySession | undefined,
  threads: ProtocolThreads,
): Promise<FastifyReply> {
  reply.type("application/octet-stream");
  if (!ran || !changed || !array) {
    reply.header(metaHeader, JSON.stringify({ ran_prediction: ran, bbox: null }));
    return reply.send(Buffer.alloc(0));
  }
  const shape = boxSize(changed);
  const bits = await array.maskBits(changed);
  const few = boxVoxels(changed) <= fewVoxels;
  const body = few ? packMask({ bits, shape }) : await threads.run("writeMask", { bits, shape });
  reply.header(
    metaHeader,
    JSON.stringify({ ran_prediction: true, bbox: changed satisfies Box, dtype: "uint8", shape }),
  );
  return reply.send(asBuffer(body));
}
