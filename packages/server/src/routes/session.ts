import { messageAnswer, sessionAnswer, sessionHeader } from "@septum/protocol";
import { z } from "zod";
import { errors, type Routes } from "./context.ts";

/** Making and ending sessions: the calls that need none of their own. */
export const session: Routes = async (app, { sessions }) => {
  app.post(
    "/session",
    { schema: { tags: ["sessions"], summary: "Make a new session", response: { 200: sessionAnswer, ...errors } } },
    async (_request, reply) => {
      const { id } = await sessions.create();
      reply.header(sessionHeader, id);
      return { session_id: id };
    },
  );

  app.delete(
    "/session/:session_id",
    {
      schema: {
        tags: ["sessions"],
        summary: "Delete a session with all it holds, and stop its work",
        params: z.object({ session_id: z.string() }),
        response: { 200: messageAnswer, ...errors },
      },
    },
    async (request, reply) => {
      const { id } = sessions.find(request.params.session_id);
      await sessions.delete(id);
      reply.header(sessionHeader, id);
      return { message: "The session was deleted", session_id: id };
    },
  );
};
