import { editBody, promptQuery, segmentParams } from "@septum/protocol";
import { callerOf } from "../http/call.ts";
import { noImage } from "../http/http-error.ts";
import { editObject } from "../sessions/edits.ts";
import { answerChange, changeResponse } from "./change-answer.ts";
import type { Routes } from "./context.ts";

/** Objects changed by hand. */
export const edits: Routes = async (app) => {
  app.post(
    "/segments/:label/edits",
    {
      schema: {
        tags: ["segments"],
        summary: "Change an object by hand: one step, and the start of its next prompt",
        params: segmentParams,
        querystring: promptQuery,
        body: editBody,
        response: changeResponse,
      },
    },
    async (request, reply) => {
      const { session, params, query, body } = request;
      if (!session.state.image) throw noImage();
      const options = { others: query.others, ...callerOf(request, reply) };
      return answerChange(request, reply, await editObject(session, params.label, body, options));
    },
  );
};
