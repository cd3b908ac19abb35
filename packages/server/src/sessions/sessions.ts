import { randomUUID } from "node:crypto";
import type { SessionRecord } from "@septum/store";
import { HttpError } from "../http/http-error.ts";
import { createMemoryBudget, type MemoryBudget } from "./memory-budget.ts";
import { Session, type SessionWorld } from "./session.ts";
import { emptyState } from "./state.ts";

export interface SessionsOptions extends Omit<SessionWorld, "memory" | "beforeKept"> {
  /** Milliseconds without activity after which a session is deleted. */
  readonly lifetimeMs: number;
  /** Milliseconds without activity after which a session's image leaves memory. */
  readonly restMs: number;
  /** Most bytes of memory for images and objects of all sessions. */
  readonly memoryBudget: number;
  /** Told of sessions that cannot be read or deleted; the others go on. */
  readonly onError: (error: unknown, sessionId: string) => void;
}

/** Sessions that nobody has come back to: as many are remembered, each for so long, and none is on disk. */
const unkeptSessions = 1000;
const unkeptMs = 3_600_000;

/** An empty session left alone for so long gives its place to one that is wanted now. */
const abandonedMs = 600_000;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** All sessions of this server, resting ones included. */
export interface Sessions {
  readonly lifetimeMs: number;
  readonly memory: MemoryBudget;
  /** A new session on disk. Throws `unavailable` when there are as many as may be. */
  create(): Promise<Session>;
  /** A new session that goes to disk only when something is changed in it, or somebody comes back with its id. */
  createUnkept(): Session;
  /** Throws `invalid_session_id` when it is no UUID, `session_not_found` when it is unknown or expired. */
  find(id: string): Session;
  delete(id: string): Promise<void>;
  /** Sessions that have not expired, oldest first. */
  list(): readonly Session[];
  /** Deletes those that have expired, and puts to rest those that have been left alone. */
  sweep(): Promise<void>;
  /** Stops all work. The sessions stay on disk. */
  stop(reason: HttpError): void;
}

/** Takes up the sessions that the store holds; their images stay on disk until somebody asks. */
export async function openSessions(options: SessionsOptions): Promise<Sessions> {
  const { store, now, lifetimeMs, restMs, memoryBudget, limits, onError } = options;
  const sessions = new Map<string, Session>();
  const memory = createMemoryBudget(memoryBudget, () => sessions.values());
  const world: SessionWorld = { ...options, memory, beforeKept: makePlace };

  for await (const record of store.sessions()) {
    try {
      sessions.set(record.id, new Session(record, world));
    } catch (error) {
      onError(error, record.id);
    }
  }

  /** Lets go of an abandoned session when there are as many as may be; throws when there is none. */
  function makePlace(): void {
    const kept = [...sessions.values()].filter((session) => session.kept);
    if (kept.length < limits.sessions) return;
    const abandoned = kept.filter(
      (session) => !session.state.image && !session.busy && isIdleFor(session, abandonedMs),
    );
    const [oldest] = abandoned.sort((a, b) => a.lastActivity - b.lastActivity);
    if (!oldest) {
      throw new HttpError(
        "unavailable",
        `This server has ${kept.length} sessions, as many as it may: delete one that is no longer needed, or try again later`,
        { retryAfter: abandonedMs / 1000 },
      );
    }
    removeUnseen(oldest);
  }

  /** Of the sessions that only memory knows the latest stay. */
  function forgetUnkept(): void {
    const unkept = [...sessions.values()].filter((session) => !session.kept && !session.busy);
    if (unkept.length < unkeptSessions) return;
    removeUnseen(unkept.reduce((a, b) => (b.lastActivity < a.lastActivity ? b : a)));
  }

  function removeUnseen(session: Session): void {
    remove(session, "expired").catch((error: unknown) => onError(error, session.id));
  }

  function isIdleFor(session: Session, ms: number): boolean {
    return now() - session.lastActivity >= ms;
  }

  function newSession(kept: boolean): { session: Session; record: SessionRecord } {
    const at = now();
    const record = { id: randomUUID(), createdAt: at, lastActivity: at, state: emptyState };
    return { session: new Session(record, world, kept), record };
  }

  function hasExpired(session: Session): boolean {
    return !session.busy && isIdleFor(session, session.kept ? lifetimeMs : Math.min(lifetimeMs, unkeptMs));
  }

  function list(): Session[] {
    return [...sessions.values()].filter((session) => !hasExpired(session)).sort((a, b) => a.createdAt - b.createdAt);
  }

  async function remove(session: Session, type: "deleted" | "expired"): Promise<void> {
    sessions.delete(session.id);
    await session.delete();
    session.tell({ type });
  }

  function find(id: string): Session {
    if (!uuid.test(id)) throw new HttpError("invalid_session_id", "The session id is not a UUID");
    const session = sessions.get(id.toLowerCase());
    if (!session || hasExpired(session)) {
      throw new HttpError("session_not_found", "This session does not exist, or has expired");
    }
    return session;
  }

  return {
    lifetimeMs,
    list,
    find,
    memory,
    async create() {
      makePlace();
      const { session, record } = newSession(true);
      // Counted from now on, so that two at once do not share the last place.
      sessions.set(session.id, session);
      try {
        await store.commit({ record });
      } catch (error) {
        sessions.delete(session.id);
        throw error;
      }
      session.tell({ type: "created" });
      return session;
    },
    createUnkept() {
      forgetUnkept();
      const { session } = newSession(false);
      sessions.set(session.id, session);
      session.tell({ type: "created" });
      return session;
    },
    delete: async (id) => remove(find(id), "deleted"),
    async sweep() {
      for (const session of [...sessions.values()].filter(hasExpired)) {
        await remove(session, "expired").catch((error: unknown) => onError(error, session.id));
      }
      for (const session of sessions.values()) {
        if (session.bytes > 0 && !session.busy && isIdleFor(session, restMs)) session.rest();
      }
    },
    stop(reason) {
      for (const session of sessions.values()) session.stop(reason);
    },
  };
}
