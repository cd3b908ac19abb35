import {
  messageAnswer,
  type PromptSummary,
  promptBody,
  promptParams,
  promptPatch,
  promptQuery,
  runAnswer,
  runBody,
  segmentAnswer,
  segmentBody,
  segmentParams,
  segmentPatch,
  segmentsAnswer,
  segmentsQuery,
} from "@septum/protocol";
import { patchedPrompt } from "../drawing/patched-prompt.ts";
import { drawPrompt } from "../drawing/prompt.ts";
import { callerOf, connectionSignal } from "../http/call.ts";
import { noImage } from "../http/http-error.ts";
import { changeLabel } from "../sessions/labels.ts";
import { labelsAt } from "../sessions/labels-at.ts";
import { removeSegment } from "../sessions/points.ts";
import { runPoints } from "../sessions/run.ts";
import { applyPrompt, changePrompt, createObject, resetObject } from "../sessions/segments.ts";
import { undoObject } from "../sessions/travel.ts";
import { labelAnswer, segmentSummaries } from "./answers.ts";
import { answerChange, changeResponse } from "./change-answer.ts";
import { errors, type Routes } from "./context.ts";

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
        summary: "All objects with their prompts; with `voxel` those that have it, as a label map would prefer them",
        querystring: segmentsQuery,
        response: { 200: segmentsAnswer, ...errors },
      },
    },
    async ({ session, query: { voxel } }) => {
      if (voxel === undefined) return { session_id: session.id, segments: segmentSummaries(session.state) };
      const [i, j, k] = voxel.split(",").map(Number);
      const labels = await labelsAt(session, [i, j, k]);
      const all = segmentSummaries(session.state);
      const holders = labels.flatMap((label) => all.filter((segment) => segment.label === label));
      return { session_id: session.id, segments: holders };
    },
  );

  app.post(
    "/segments",
    {
      schema: {
        tags: ["segments"],
        summary: "Make an object without voxels",
        body: segmentBody,
        response: { 200: segmentAnswer, ...errors },
      },
    },
    async (request, reply) => {
      const { session, body } = request;
      const label = await createObject(session, body ?? {}, callerOf(request, reply));
      return { session_id: session.id, ...labelAnswer(session.state, label) };
    },
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
      const { session, body, params, query } = request;
      const { image } = session.state;
      if (!image) throw noImage();
      const { prompt, summary } = drawPrompt(body, image.info.size);
      const { predict, autozoom } = body;
      const options = { predict, autozoom, others: query.others, ...callerOf(request, reply) };
      return answerChange(request, reply, await applyPrompt(session, params.label, prompt, summary, options));
    },
  );

  app.delete(
    "/segments/:label/prompts/:n",
    {
      schema: {
        tags: ["segments"],
        summary: "Take an earlier prompt away as if it had never been given; later ones are predicted again",
        params: promptParams,
        querystring: promptQuery,
        response: changeResponse,
      },
    },
    async (request, reply) => {
      const { session, params, query } = request;
      const { label, n } = params;
      const change = await changePrompt(session, label, n, () => null, callerOf(request, reply), query.others);
      return answerChange(request, reply, change);
    },
  );

  app.patch(
    "/segments/:label/prompts/:n",
    {
      schema: {
        tags: ["segments"],
        summary: "Flip an earlier prompt in sign, or move it, as if it had been given so",
        params: promptParams,
        querystring: promptQuery,
        body: promptPatch,
        response: changeResponse,
      },
    },
    async (request, reply) => {
      const { session, params, query, body } = request;
      const { image } = session.state;
      if (!image) throw noImage();
      const plan = (prompt: PromptSummary) => patchedPrompt(params.n, prompt, body, image.info.size);
      const { label, n } = params;
      const change = await changePrompt(session, label, n, plan, callerOf(request, reply), query.others);
      return answerChange(request, reply, change);
    },
  );

  app.patch(
    "/segments/:label",
    {
      schema: {
        tags: ["segments"],
        summary: "Change name, colour, value, lock or state of a label that a point or an object has",
        params: segmentParams,
        body: segmentPatch,
        response: { 200: segmentAnswer, ...errors },
      },
    },
    async ({ session, params, body }, reply) => {
      await changeLabel(session, params.label, body, connectionSignal(reply));
      return { session_id: session.id, ...labelAnswer(session.state, params.label) };
    },
  );

  app.post(
    "/segments/:label/undo",
    {
      schema: {
        tags: ["segments"],
        summary: "Take back the object's last prompt, change of one, or reset, wherever it is in the history",
        params: segmentParams,
        querystring: promptQuery,
        response: changeResponse,
      },
    },
    async (request, reply) => {
      const { session, params } = request;
      return answerChange(request, reply, await undoObject(session, params.label, callerOf(request, reply)));
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
      return answerChange(request, reply, await resetObject(session, params.label, callerOf(request, reply)));
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
    async (request, reply) => {
      const { session, params } = request;
      await removeSegment(session, params.label, callerOf(request, reply));
      return { message: `Object ${params.label} was removed`, session_id: session.id };
    },
  );
};

function runMessage(made: number, kept: number): string {
  const objects = (count: number) => `${count} ${count === 1 ? "object" : "objects"}`;
  if (made === 0) return `Nothing to do: ${objects(kept)} unchanged since the last run`;
  return `${objects(made)} segmented${kept > 0 ? `, ${kept} unchanged` : ""}`;
}
