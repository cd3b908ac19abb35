import {
  encodeFrame,
  messageAnswer,
  promptBody,
  promptQuery,
  resultHeader,
  runAnswer,
  runBody,
  segmentChange,
  segmentParams,
  segmentsAnswer,
} from "@septum/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { drawPrompt } from "../drawing/prompt.ts";
import { asksFor } from "../http/accept.ts";
import { asBuffer } from "../http/bytes.ts";
import { connectionSignal } from "../http/call.ts";
import { noImage } from "../http/http-error.ts";
import { removeSegment } from "../sessions/points.ts";
import { runPoints } from "../sessions/run.ts";
import { applyPrompt, type ObjectChange, resetObject, undoPrompt } from "../sessions/segments.ts";
import type { Session } from "../sessions/session.ts";
import { labelsOf } from "../sessions/state.ts";
import { segmentChange as changeAnswer, segmentSummaries } from "./answers.ts";
import { errors, type Routes } from "./context.ts";

const octets = "application/octet-stream";

const changeResponse = {
  200: {
    description: `What changed; with a frame asked for, the new content of the changed box, and this in the header ${resultHeader}`,
    content: {
      "application/json": { schema: segmentChange },
      [octets]: { schema: z.any().meta({ type: "string", format: "binary" }) },
    },
  },
  ...errors,
} as const;

/** Objects: all numbered points at once, or one object prompt by prompt. */
export const segments: Routes = async (app) => {
  app.post(
    "/run_segmentation",
    {
      schema: {
        tags: ["segments"],
        summary: "Make one object of every numbered point, or of the given numbers",
        body: runBody,
        response: { 200: runAnswer, ...errors },
      },
    },
    async ({ session, body }, reply) => {
      const { segments, uniqueLabels, maskRevision } = await runPoints(session, body?.numbers, connectionSignal(reply));
      const made = segments.filter(({ unchanged }) => !unchanged).length;
      return {
        status: made > 0 ? ("completed" as const) : ("unchanged" as const),
        message: runMessage(made, segments.length - made),
        session_id: session.id,
        unique_labels: [...uniqueLabels],
        segments: segments.map(({ secondsNetwork, secondsTotal, ...segment }) => ({
          ...segment,
          seconds_network: secondsNetwork,
          seconds_total: secondsTotal,
        })),
        mask_revision: maskRevision,
      };
    },
  );

  app.get(
    "/segments",
    {
      schema: {
        tags: ["segments"],
        summary: "All objects with their prompts",
        response: { 200: segmentsAnswer, ...errors },
      },
    },
    async ({ session }) => ({ session_id: session.id, segments: segmentSummaries(session.state) }),
  );

  app.post(
    "/segments/:label/prompts",
    {
      schema: {
        tags: ["segments"],
        summary: "Add one prompt to an object and predict",
        params: segmentParams,
        querystring: promptQuery,
        body: promptBody,
        response: changeResponse,
      },
    },
    async (request, reply) => {
      const { session, body, params } = request;
      const { image } = session.state;
      if (!image) throw noImage();
      const { prompt, summary } = drawPrompt(body, image.info.size);
      const { predict, autozoom } = body;
      const options = { predict, autozoom, signal: connectionSignal(reply) };
      return answerChange(request, reply, await applyPrompt(session, params.label, prompt, summary, options));
    },
  );

  app.post(
    "/segments/:label/undo",
    {
      schema: {
        tags: ["segments"],
        summary: "Take back the object's last prompt or reset",
        params: segmentParams,
        querystring: promptQuery,
        response: changeResponse,
      },
    },
    async (request, reply) => {
      const { session, params } = request;
      return answerChange(request, reply, await undoPrompt(session, params.label, connectionSignal(reply)));
    },
  );

  app.post(
    "/segments/:label/reset",
    {
      schema: {
        tags: ["segments"],
        summary: "Empty the object",
        params: segmentParams,
        querystring: promptQuery,
        response: changeResponse,
      },
    },
    async (request, reply) => {
      const { session, params } = request;
      return answerChange(request, reply, await resetObject(session, params.label, connectionSignal(reply)));
    },
  );

  app.delete(
    "/segments/:label",
    {
      schema: {
        tags: ["segments"],
        summary: "Remove the object, and the point of its number",
        params: segmentParams,
        response: { 200: messageAnswer, ...errors },
      },
    },
    async ({ session, params }, reply) => {
      await removeSegment(session, params.label, connectionSignal(reply));
      return { message: `Object ${params.label} was removed`, session_id: session.id };
    },
  );
};

function runMessage(made: number, kept: number): string {
  const objects = (count: number) => `${count} ${count === 1 ? "object" : "objects"}`;
  if (made === 0) return `Nothing to do: ${objects(kept)} unchanged since the last run`;
  return `${objects(made)} segmented${kept > 0 ? `, ${kept} unchanged` : ""}`;
}

/** The change as JSON, or as the frame of its box with the JSON in a header. */
async function answerChange(request: FastifyRequest, reply: FastifyReply, change: ObjectChange) {
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
    const { data } = await opened.image.labelMap(labelsOf(session.state), changed);
    return asBuffer(await encodeFrame({ kind: "labels", box: changed, data }));
  });
}
