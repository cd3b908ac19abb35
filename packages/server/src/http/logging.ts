import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { type DestinationStream, pino } from "pino";

const uuids = /([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** Enough of a session's id to follow it through the log, and too little to enter it. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

/** A log of JSON lines. Whatever is written to it, no whole session id gets through. */
export function createLog(level = "info", destination?: DestinationStream): FastifyBaseLogger {
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Errors go without the fields that libraries hang on them: those hold paths, and may hold a file's content.
      serializers: {
        err: (error: Error) => ({
          type: error.name,
          message: hideIds(error.message),
          stack: hideIds(error.stack ?? ""),
        }),
      },
    },
    destination ?? pino.destination(1),
  );
}

export function hideIds(text: string): string {
  return text.replace(uuids, "$1…");
}

/**
 * One line per request: its route rather than its address (which may hold an id), status, milliseconds, and the session's
 * short id. Failures of ours are errors; refusals and lost connections are not.
 */
export function logRequests(app: FastifyInstance): void {
  app.addHook("onResponse", async (request, reply) => {
    request.log[reply.statusCode >= 500 ? "error" : "info"](
      {
        method: request.method,
        route: request.routeOptions.url ?? "none",
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        session: request.session && shortId(request.session.id),
      },
      "answered",
    );
  });
  app.addHook("onRequestAbort", async (request) => {
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? "none",
        session: request.session && shortId(request.session.id),
      },
      "connection closed by the client",
    );
  });
}
