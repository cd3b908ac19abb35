import { sessionsAnswer } from "@septum/protocol";
import { isAdministrator, isLocalCall } from "../http/administrator.ts";
import { sessionSummary } from "./answers.ts";
import { errors, type Routes } from "./context.ts";

/**
 * The list of sessions. An id is the only key to a session, so the whole list is for an administrator, or for anyone when
 * the server can be reached from its own machine alone and no token is set. Everybody else sees their own session.
 */
export const sessionList: Routes = async (app, { sessions, tokens, adminToken, loopback }) => {
  const noToken = adminToken === undefined && tokens.length === 0;
  app.get(
    "/sessions",
    {
      schema: {
        tags: ["sessions"],
        summary: "All sessions for an administrator, otherwise the caller's own",
        response: { 200: sessionsAnswer, ...errors },
      },
      // An administrator who looks in leaves no session behind.
      config: { needsNoSession: (request) => isAdministrator(request, adminToken, tokens) },
    },
    async (request) => {
      const own = request.session;
      const all = isAdministrator(request, adminToken, tokens) || (noToken && loopback && isLocalCall(request));
      const shown = all ? sessions.list() : [own];
      return { session_id: own?.id, sessions: shown.map(sessionSummary), all };
    },
  );
};
