import { sessionHeader } from "@septum/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Session } from "../sessions/session.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { HttpError } from "./http-error.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The caller's session; set on every route behind `useSessions`. */
    session: Session;
  }
}

/**
 * Gives every request of the sub-app its session: the one that `X-Session-ID` names, or a new one. The answer carries the
 * id in the same header, whatever it is.
 */
export function useSessions(api: FastifyInstance, sessions: Sessions): void {
  api.addHook("onRequest", async (request: FastifyRequest, reply: FastifyReply) => {
    const id = sessionIdOf(request);
    if (id === undefined && request.routeOptions.config.needsNoSession?.(request)) return;
    request.session = id === undefined ? sessions.createUnkept() : sessions.find(id);
    request.session.touch();
    // Whoever comes back with an id means to work there.
    if (id !== undefined) await request.session.save();
    reply.header(sessionHeader, request.session.id);
  });
}

function sessionIdOf({ headers, query, routeOptions }: FastifyRequest): string | undefined {
  const header = headers[sessionHeader.toLowerCase()];
  if (Array.isArray(header)) throw new HttpError("invalid_session_id", "Several X-Session-ID headers: send one");
  if (header !== undefined) return header;
  // `EventSource` in a page cannot set a header.
  if (!routeOptions.config.sessionInQuery) return undefined;
  const { session_id } = query as { session_id?: unknown };
  if (Array.isArray(session_id)) throw new HttpError("invalid_session_id", "Several session_id parameters: send one");
  return session_id === undefined ? undefined : String(session_id);
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether `?session_id=` may stand in for the header. */
    sessionInQuery?: boolean;
    /** Whether this call is served without a session when it names none. */
    needsNoSession?: (request: FastifyRequest) => boolean;
  }
}
