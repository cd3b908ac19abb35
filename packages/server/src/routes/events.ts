import { Readable } from "node:stream";
import type { Person, SessionEvent } from "@septum/protocol";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { presenceOf } from "../sessions/presence.ts";
import type { Session } from "../sessions/session.ts";
import { binary, errors, type Routes } from "./context.ts";

/** Often enough for proxies that close silent connections after half a minute. */
const heartbeatMs = 15_000;
/** Bytes waiting for a reader that does not read; then it is let go, to come back and catch up. */
const maxWaitingBytes = 1 << 20;

/** Server-sent events of the session: progress, and whatever another tab or person changed. */
export const events: Routes = async (app) => {
  const open = new Set<Readable>();
  // Streams have no end of their own, and the server would wait for them.
  app.addHook("preClose", async () => {
    for (const stream of open) stream.push(null);
  });

  app.get(
    "/events",
    {
      schema: {
        tags: ["sessions"],
        summary: "Server-sent events of the session, numbered; Last-Event-ID continues where a connection was lost",
        querystring: z.object({
          session_id: z.string().optional().meta({ description: "In place of the header" }),
          person: z
            .string()
            .regex(/^[0-9a-f]{8}$/)
            .optional()
            .meta({ description: "`person` of an earlier connection's hello, to go on as the same" }),
        }),
        response: { 200: binary("text/event-stream", "Events"), ...errors },
      },
      config: { sessionInQuery: true },
    },
    async (request, reply) => {
      const stream = eventStream(request.session, lastEventId(request), request.query.person);
      open.add(stream);
      stream.once("close", () => open.delete(stream));
      reply.header("Cache-Control", "no-store").header("X-Accel-Buffering", "no");
      return reply.type("text/event-stream").send(stream);
    },
  );
};

function lastEventId({ headers }: FastifyRequest): number | undefined {
  const id = headers["last-event-id"];
  return typeof id === "string" && /^\d{1,15}$/.test(id) ? Number(id) : undefined;
}

function eventStream(session: Session, after: number | undefined, personId: string | undefined): Readable {
  const { events, state } = session;
  const presence = presenceOf(session);
  const missed = after === undefined ? [] : events.since(after);
  const stream = new Readable({ read() {} });
  const write = (text: string) => {
    stream.push(text);
    if (stream.readableLength > maxWaitingBytes) stream.destroy();
  };
  const send = (event: SessionEvent) => {
    write(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    if (event.type === "deleted") stream.push(null);
  };
  const quiet = events.listen(send);
  const heartbeat = setInterval(() => write(": heartbeat\n\n"), heartbeatMs);
  const { person, leave } = presence.enter(personId);
  const tellPeople = (people: readonly Person[]) => send({ type: "presence", seq: events.last, people: [...people] });
  const still = presence.listen(tellPeople);
  stream.once("close", () => {
    clearInterval(heartbeat);
    quiet();
    still();
    leave();
  });
  send({
    type: "hello",
    // What is replayed comes after, and counts on from here.
    seq: missed && after !== undefined ? after : events.last,
    missed: missed === undefined,
    image_revision: state.imageRevision,
    mask_revision: state.maskRevision,
    person: person.id,
  });
  for (const event of missed ?? []) send(event);
  tellPeople(presence.people);
  return stream;
}
