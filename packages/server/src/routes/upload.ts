import { createReadStream } from "node:fs";
import { access } from "node:fs/promises";
import type { Readable } from "node:stream";
import multipart from "@fastify/multipart";
import { type UploadAnswer, uploadAnswer } from "@septum/protocol";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { ImageInfo } from "../engine/engine.ts";
import { connectionSignal } from "../http/call.ts";
import { HttpError } from "../http/http-error.ts";
import type { Session } from "../sessions/session.ts";
import { receiveImage } from "../sessions/upload.ts";
import { imageFacts } from "./answers.ts";
import { errors, type Routes } from "./context.ts";

const uploadQuery = z.object({
  frame: z.coerce.number().int().min(0).optional().meta({ description: "Which volume of a 4D file, from 0" }),
});

/** A scan into the session: a file that is sent, or the sample. */
export const upload: Routes = async (app, context) => {
  const { sampleFile } = context;
  await app.register(multipart, {
    throwFileSizeLimit: false,
    limits: { fileSize: Number.POSITIVE_INFINITY, fields: 20, files: 4 },
  });

  app.post(
    "/upload",
    {
      schema: {
        tags: ["image"],
        summary: "Send a NIfTI file (multipart, field `file`); it replaces the session's image and all made on it",
        consumes: ["multipart/form-data"],
        querystring: uploadQuery,
        response: { 200: uploadAnswer, ...errors },
      },
    },
    async (request, reply) => {
      const { session, query } = request;
      const announced = Number(request.headers["content-length"]);
      try {
        const info = await receiveImage(
          session,
          {
            open: () => fileOf(request),
            expected: Number.isFinite(announced) ? announced : undefined,
            frame: query.frame,
            signal: connectionSignal(reply),
          },
          context,
        );
        return uploaded(session, info, "The scan was uploaded");
      } finally {
        // What the sender still has to say is let by, or it would not come to reading the answer.
        request.raw.unpipe().resume();
      }
    },
  );

  app.post(
    "/sample",
    {
      schema: {
        tags: ["image"],
        summary: "Open the scan that comes with the program",
        response: { 200: uploadAnswer, ...errors },
      },
    },
    async ({ session }, reply) => {
      const path = sampleFile;
      const exists =
        path !== undefined &&
        (await access(path).then(
          () => true,
          () => false,
        ));
      if (!exists) throw new HttpError("not_found", "This server came without a sample scan");
      const open = async () => createReadStream(path);
      const info = await receiveImage(session, { open, signal: connectionSignal(reply) }, context);
      return uploaded(session, info, "The sample scan was opened");
    },
  );
};

/** The stream of the part `file`; other fields before it are passed over. Its name is not looked at. */
async function fileOf(request: FastifyRequest): Promise<Readable> {
  if (!request.isMultipart()) {
    throw new HttpError("wrong_field", "Expected a multipart/form-data body with the scan in its field `file`");
  }
  for await (const part of request.parts()) {
    if (part.type !== "file") continue;
    if (part.fieldname === "file") return part.file;
    part.file.resume();
    throw new HttpError("wrong_field", "Expected the scan in the field `file`; the file came in another field");
  }
  throw new HttpError("wrong_field", "Expected the scan in the field `file`; no file came");
}

function uploaded(session: Session, info: ImageInfo, message: string): UploadAnswer {
  return {
    ...imageFacts(info),
    message,
    session_id: session.id,
    file_type: "nifti",
    image_revision: session.state.imageRevision,
  };
}
