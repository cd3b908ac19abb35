import { messageAnswer, presenceBody } from "@septum/protocol";
import { checkVoxel } from "../drawing/bounds.ts";
import { HttpError, noImage } from "../http/http-error.ts";
import { presenceOf } from "../sessions/presence.ts";
import { errors, type Routes } from "./context.ts";

/** Where people look. */
export const presence: Routes = async (app) => {
  app.put(
    "/presence",
    {
      schema: {
        tags: ["sessions"],
        summary: "Tell those who follow the session where somebody looks; not kept",
        body: presenceBody,
        response: { 200: messageAnswer, ...errors },
      },
    },
    async ({ session, body }) => {
      const { image } = session.state;
      if (!image) throw noImage();
      checkVoxel(body.voxel, image.info.size);
      if (!presenceOf(session).look(body.person, body.voxel)) {
        throw new HttpError("person_not_found", `Nobody here is ${body.person}: follow the session's events first`);
      }
      return { message: "Told", session_id: session.id };
    },
  );
};
