import { HttpError } from "../../http/http-error.ts";
import type { Session } from "../../sessions/session.ts";
import type { Sessions } from "../../sessions/sessions.ts";
import { ArraySession } from "../array-session.ts";

/**
 * Sessions by the id that ITK-SNAP has in its addresses: the ordinary session's own. ITK-SNAP keeps an id for as long as it
 * runs and never gives it back, so an id that is not known any more is taken up again by the next upload.
 */
export interface ItksnapSessions {
  start(): Promise<string>;
  /** Throws `session_not_found`. */
  find(id: string): ArraySession;
  /** The same, but an unknown id gets a new session. */
  findOrStart(id: string): Promise<ArraySession>;
  /** The id is no longer good for prompts; what was made stays. */
  end(id: string): void;
}

/** Ids remembered that stand for something else than the session of that name; the oldest are forgotten. */
const mostIds = 10_000;

const plainId = /^[\w-]{1,100}$/;

export function itksnapSessions(sessions: Sessions): ItksnapSessions {
  const known = new WeakMap<Session, ArraySession>();
  /** Ids of sessions that are gone, and what was begun in their place; null: ended. */
  const instead = new Map<string, string | null>();

  function remember(id: string, other: string | null): void {
    instead.delete(id);
    instead.set(id, other);
    const [oldest] = instead.keys();
    if (instead.size > mostIds && oldest !== undefined) instead.delete(oldest);
  }

  function find(id: string): ArraySession {
    const other = instead.get(id);
    if (other === null) throw notFound();
    const session = sessions.find(other ?? id);
    session.touch();
    const array = known.get(session);
    if (array) return array;
    // Of before a restart: ITK-SNAP noticed nothing, and goes on with what it worked on last.
    const resumed = new ArraySession(session, session.state.segments.at(-1)?.label);
    known.set(session, resumed);
    return resumed;
  }

  return {
    start: async () => (await sessions.create()).id,
    find,
    async findOrStart(id) {
      try {
        return find(id);
      } catch (error) {
        if (!(error instanceof HttpError) || !plainId.test(id)) throw error;
        remember(id, (await sessions.create()).id);
        return find(id);
      }
    },
    end(id) {
      find(id);
      remember(id, null);
    },
  };
}

function notFound(): HttpError {
  return new HttpError("session_not_found", "This session does not exist, or has ended: start another");
}
