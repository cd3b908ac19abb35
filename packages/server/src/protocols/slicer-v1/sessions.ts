import { HttpError } from "../../http/http-error.ts";
import type { Session } from "../../sessions/session.ts";
import type { Sessions } from "../../sessions/sessions.ts";
import { ArraySession } from "../array-session.ts";

/** Whose session a call is for: the extension has no notion of one, so the name in the address or the machine tells. */
export interface SlicerSessions {
  /** Undefined when there is none, or it has expired: the extension sends its image again then. */
  find(who: string): ArraySession | undefined;
  findOrStart(who: string): Promise<ArraySession>;
}

/** People remembered; the one who has not called for longest is forgotten first, and only has to send the image again. */
const mostPeople = 1000;

export function slicerSessions(sessions: Sessions): SlicerSessions {
  /** In the order of the last call. */
  const people = new Map<string, ArraySession>();

  function isThere({ id }: Session): boolean {
    try {
      return sessions.find(id).id === id;
    } catch (error) {
      if (error instanceof HttpError && error.code === "session_not_found") return false;
      throw error;
    }
  }

  function remember(who: string, session: ArraySession): void {
    people.delete(who);
    people.set(who, session);
    if (people.size <= mostPeople) return;
    const [[oldest, left]] = people;
    people.delete(oldest);
    left.leave();
  }

  function find(who: string): ArraySession | undefined {
    const found = people.get(who);
    if (!found || !isThere(found.session)) return undefined;
    remember(who, found);
    found.session.touch();
    return found;
  }

  return {
    find,
    async findOrStart(who) {
      const found = find(who);
      if (found) return found;
      const session = new ArraySession(await sessions.create());
      remember(who, session);
      return session;
    },
  };
}
