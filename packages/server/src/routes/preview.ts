import { encodeFrame, previewHeader, segmentParams } from "@septum/protocol";
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
        response: { 200: binary("application/octet-stream", "Mask frame"), ...errors },
      },
    },
    async ({ session, params }, reply) => {
      const { number, box, bits } = await previewObject(session, params.label);
      reply.header(previewHeader, number).header("Cache-Control", "no-store").type("application/octet-stream");
      return reply.send(asBuffer(await encodeFrame({ kind: "mask", box, data: bits })));
    },
  );
};
