import { randomUUID } from "node:crypto";
import { HttpError } from "../http/http-error.ts";
import { Session, type SessionWorld } from "./session.ts";
import { emptyState } from "./state.ts";

export interface SessionsOptions extends SessionWorld {
  /** Milliseconds without activity after which a session is deleted. */
  readonly lifetimeMs: number;
  /** Most bytes of memory for images and objects of all sessions; the least recently used are put to rest beyond it. */
  readonly memoryBudget: number;
  /** Told of sessions that cannot be read or deleted; the others go on. */
  readonly onError: (error: unknown, sessionId: string) => void;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** All sessions of this server, resting ones included. */
export interface Sessions {
  readonly lifetimeMs: number;
  create(): Promise<Session>;
  /** Throws `invalid_session_id` when it is no UUID, `session_not_found` when it is unknown or expired. */
  find(id: string): Session;
  delete(id: string): Promise<void>;
  /** Sessions that have not expired, oldest first. */
  list(): readonly Session[];
  /** Deletes those that have expired. */
  sweep(): Promise<void>;
  /** Stops all work. The sessions stay on disk. */
  stop(reason: HttpError): void;
}

/** Takes up the sessions that the store holds; their images stay on disk until somebody asks. */
export async function openSessions(options: SessionsOptions): Promise<Sessions> {
  const { store, now, lifetimeMs, memoryBudget, onError } = options;
  const sessions = new Map<string, Session>();
  const world: SessionWorld = { ...options, onOpened: makeRoom };

  for await (const record of store.sessions()) {
    try {
      sessions.set(record.id, new Session(record, world));
    } catch (error) {
      onError(error, record.id);
    }
  }

  /** Puts others to rest, never the one just opened: it is about to be used. */
  function makeRoom(opened: Session): void {
    const open = list().filter(({ bytes }) => bytes > 0);
    let held = open.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const session of open.sort((a, b) => a.lastActivity - b.lastActivity)) {
      if (held <= memoryBudget) return;
      if (session === opened || session.busy) continue;
      held -= session.bytes;
      session.rest();
    }
  }

  function hasExpired(session: Session): boolean {
    return !session.busy && now() - session.lastActivity >= lifetimeMs;
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
    async create() {
      const at = now();
      const record = { id: randomUUID(), createdAt: at, lastActivity: at, state: emptyState };
      await store.commit({ record });
      const session = new Session(record, world);
      sessions.set(session.id, session);
      session.tell({ type: "created" });
      return session;
    },
    delete: async (id) => remove(find(id), "deleted"),
    async sweep() {
      for (const session of [...sessions.values()].filter(hasExpired)) {
        await remove(session, "expired").catch((error: unknown) => onError(error, session.id));
      }
    },
    stop(reason) {
      for (const session of sessions.values()) session.stop(reason);
    },
  };
}
