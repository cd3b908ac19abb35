import multipart from "@fastify/multipart";
import { masksAnswer, masksQuery } from "@septum/protocol";
import { connectionSignal } from "../http/call.ts";
import { readForm } from "../protocols/form.ts";
import { importMasks } from "../sessions/masks.ts";
import { errors, type Routes } from "./context.ts";

/** Objects that were made elsewhere. */
export const masks: Routes = async (app, context) => {
  await app.register(multipart, {
    throwFileSizeLimit: false,
    limits: { fileSize: Number.POSITIVE_INFINITY, fields: 20, files: 4 },
  });

  app.post(
    "/masks",
    {
      schema: {
        tags: ["segments"],
        summary:
          "Send a label map or segmentation on the scan's grid (multipart, field `file`): each label becomes an object",
        consumes: ["multipart/form-data"],
        querystring: masksQuery,
        response: { 200: masksAnswer, ...errors },
      },
    },
    async (request, reply) => {
      const { session, query } = request;
      const announced = Number(request.headers["content-length"]);
      try {
        const segments = await importMasks(
          session,
          {
            open: async () => (await readForm(request).file("file")).file,
            expected: Number.isFinite(announced) ? announced : undefined,
            into: query.into,
            signal: connectionSignal(reply),
          },
          context,
        );
        return { session_id: session.id, segments };
      } finally {
        // What the sender still has to say is let by, or it would not come to reading the answer.
        request.raw.unpipe().resume();
      }
    },
  );
};
