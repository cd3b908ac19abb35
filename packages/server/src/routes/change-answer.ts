import { encodeFrame, type promptQuery, resultHeader, segmentChange } from "@septum/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { asksFor } from "../http/accept.ts";
import { asBuffer } from "../http/bytes.ts";
import type { ObjectChange } from "../sessions/segments.ts";
import type { Session } from "../sessions/session.ts";
import { layersOf } from "../sessions/state.ts";
import { segmentChange as changeAnswer } from "./answers.ts";
import { errors } from "./context.ts";

const octets = "application/octet-stream";

/** Of every call that changes one object. */
export const changeResponse = {
  200: {
    description: `What changed; with a frame asked for, the new content of the changed box, and this in the header ${resultHeader}`,
    content: {
      "application/json": { schema: segmentChange },
      [octets]: { schema: z.any().meta({ type: "string", format: "binary" }) },
    },
  },
  ...errors,
} as const;

/** The change as JSON, or as the frame of its box with the JSON in a header. */
export async function answerChange(request: FastifyRequest, reply: FastifyReply, change: ObjectChange) {
  const { session } = request;
  const answer = changeAnswer(session, change);
  const content = frameWanted(request);
  if (content === undefined) return reply.type("application/json; charset=utf-8").send(answer);
  reply.header(resultHeader, JSON.stringify(answer)).type(octets);
  return reply.send(await changedFrame(session, change, content));
}

function frameWanted(request: FastifyRequest): "mask" | "labels" | undefined {
  const { frame } = request.query as z.infer<typeof promptQuery>;
  if (frame === "labels") return "labels";
  return frame !== undefined || asksFor(request, octets) ? "mask" : undefined;
}

/** The frame of the changed box; no bytes when nothing changed. */
async function changedFrame(
  session: Session,
  { label, changed }: ObjectChange,
  content: "mask" | "labels",
): Promise<Buffer> {
  if (!changed) return Buffer.alloc(0);
  return session.useImage(async (opened) => {
    if (content === "mask") {
      const data = await (await opened.object(label)).maskBits(changed);
      return asBuffer(await encodeFrame({ kind: "mask", box: changed, data }));
    }
    const { data } = await opened.image.labelMap(layersOf(session.state), changed);
    return asBuffer(await encodeFrame({ kind: "labels", box: changed, data }));
  });
}
