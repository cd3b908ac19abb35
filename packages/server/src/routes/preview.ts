import { encodeFrame, previewHeader, segmentParams } from "@septum/protocol";
import { z } from "zod";
import { asBuffer } from "../http/bytes.ts";
import { previewObject } from "../sessions/preview.ts";
import { binary, errors, type Routes } from "./context.ts";

/** Objects while they are being predicted. */
export const preview: Routes = async (app) => {
  app.get(
    "/segments/:label/preview",
    {
      schema: {
        tags: ["segments"],
        summary: "What the object would be if the prediction under way ended now, as a mask frame",
        params: segmentParams,
        response: {
          200: binary("application/octet-stream", "Mask frame"),
          204: z
            .null()
            .meta({ description: "No prediction of the object is under way, or its first pass has not ended" }),
          ...errors,
        },
      },
    },
    async ({ session, params }, reply) => {
      const preview = await previewObject(session, params.label);
      reply.header("Cache-Control", "no-store");
      // No refusal: a prediction often ends while its preview is being asked for, and pages would show every 404 as an error.
      if (!preview) return reply.code(204).send(null);
      const { number, box, bits } = preview;
      reply.header(previewHeader, number).type("application/octet-stream");
      return reply.send(asBuffer(await encodeFrame({ kind: "mask", box, data: bits })));
    },
  );
};
