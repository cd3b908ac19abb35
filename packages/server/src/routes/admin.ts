import { type AdminSession, adminAnswer, adminDone } from "@septum/protocol";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { HttpError } from "../http/http-error.ts";
import { shortId } from "../http/logging.ts";
import { requireAdministrator } from "../http/require-administrator.ts";
import type { SessionStock } from "../metrics/stock.ts";
import type { Session } from "../sessions/session.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { isoTime } from "./answers.ts";
import { errors, type Routes } from "./context.ts";

const sessionParams = z.object({
  id: z.string().meta({ description: "A session's id, or its first eight characters" }),
});

/** Shortest start of an id that names a session. */
const leastIdLength = 8;

/** What whoever runs the server may see and do: how large and busy each session is, putting one to rest, deleting it. */
export const admin: Routes = async (app, context) => {
  const { engine, sessions, version, memoryBudget, takeStock } = context;
  const onRequest = async (request: FastifyRequest) => requireAdministrator(request, context);

  app.get(
    "/admin",
    {
      schema: {
        tags: ["server"],
        summary: "Sessions, memory, disk and queue, for the administrator",
        response: { 200: adminAnswer, ...errors },
      },
      onRequest,
      // The administrator's page asks every few seconds.
      logLevel: "warn",
    },
    async () => {
      const stock = await takeStock();
      const rows = stock.sessions.map((row) => describeSession(row, sessions));
      const open = rows.filter(({ state }) => state === "open").length;
      return {
        version,
        started_at: isoTime(Date.now() - process.uptime() * 1000),
        device: engine.model.device,
        model: engine.model.name,
        sessions: rows,
        open,
        resting: rows.length - open,
        memory_bytes: stock.memory,
        memory_budget_bytes: memoryBudget,
        disk_bytes: stock.disk,
        disk_free_bytes: stock.diskFree ?? null,
        queue: { ...engine.queue },
      };
    },
  );

  app.post(
    "/admin/sessions/:id/rest",
    {
      schema: {
        tags: ["server"],
        summary: "Take a session's image out of memory; its work stays on disk, for the administrator",
        params: sessionParams,
        response: { 200: adminDone, ...errors },
      },
      onRequest,
    },
    async ({ params }) => {
      const session = findSession(sessions, params.id);
      const id = shortId(session.id);
      if (session.busy) {
        throw new HttpError("run_in_progress", `Session ${id} is at work: wait for its end, or delete the session`);
      }
      const { bytes } = session;
      session.rest();
      const message = bytes > 0 ? `Session ${id} was put to rest` : `Session ${id} rests already`;
      return { message, id, freed_bytes: bytes };
    },
  );

  app.delete(
    "/admin/sessions/:id",
    {
      schema: {
        tags: ["server"],
        summary: "Delete a session with all it holds, and stop its work, for the administrator",
        params: sessionParams,
        response: { 200: adminDone, ...errors },
      },
      onRequest,
    },
    async ({ params }) => {
      const session = findSession(sessions, params.id);
      const { bytes } = session;
      const id = shortId(session.id);
      await sessions.delete(session.id);
      return { message: `Session ${id} was deleted`, id, freed_bytes: bytes };
    },
  );
};

function describeSession({ session, memory, disk }: SessionStock, { lifetimeMs }: Sessions): AdminSession {
  const { id, createdAt, lastActivity, busy, state } = session;
  return {
    id: shortId(id),
    created_at: isoTime(createdAt),
    last_activity: isoTime(lastActivity),
    expires_at: Number.isFinite(lifetimeMs) ? isoTime(lastActivity + lifetimeMs) : null,
    state: memory > 0 ? "open" : "resting",
    busy,
    memory_bytes: memory,
    disk_bytes: disk,
    shape: state.image?.info.size ?? null,
    points: state.points.length,
    objects: state.segments.length,
  };
}

/** By its id or the start of it. Throws `session_not_found`, and `bad_request` when several begin so. */
function findSession(sessions: Sessions, start: string): Session {
  const wanted = start.toLowerCase();
  const found = sessions.list().filter(({ id }) => wanted.length >= leastIdLength && id.startsWith(wanted));
  if (found.length > 1) {
    throw new HttpError("bad_request", `${found.length} sessions begin with ${start}: give more of the id`);
  }
  const [session] = found;
  if (!session) throw new HttpError("session_not_found", `There is no session ${shortId(start)}`);
  return session;
}
