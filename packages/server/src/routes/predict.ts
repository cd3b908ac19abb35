import { predictBody, promptQuery, segmentParams } from "@septum/protocol";
import { callerOf } from "../http/call.ts";
import { noImage } from "../http/http-error.ts";
import { predictObject } from "../sessions/predict.ts";
import { answerChange, changeResponse } from "./change-answer.ts";
import type { Routes } from "./context.ts";

/** Predictions that were put off. */
export const predict: Routes = async (app) => {
  app.post(
    "/segments/:label/predict",
    {
      schema: {
        tags: ["segments"],
        summary: "Predict from the prompts that were added without it",
        params: segmentParams,
        querystring: promptQuery,
        body: predictBody,
        response: changeResponse,
      },
    },
    async (request, reply) => {
      const { session, params, body } = request;
      if (!session.state.image) throw noImage();
      const { full = false, autozoom = true } = body ?? {};
      const options = { full, autozoom, others: request.query.others, ...callerOf(request, reply) };
      return answerChange(request, reply, await predictObject(session, params.label, options));
    },
  );
};
