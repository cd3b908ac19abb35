import type { Person } from "@septum/protocol";
import type { Vec3 } from "@septum/volume";
import type { Session } from "./session.ts";

/** Told apart on light and dark ground, and called by name in a conversation: "the orange one". */
const colors = [
  ["Teal", "#2a9d8f"],
  ["Orange", "#d9730d"],
  ["Violet", "#7b5ad9"],
  ["Blue", "#2f6fd6"],
  ["Pink", "#c9418a"],
  ["Green", "#3d8b37"],
  ["Red", "#d13f3f"],
  ["Brown", "#8c6239"],
  ["Slate", "#66727a"],
  ["Indigo", "#4b4fb5"],
] as const;

/** Between two tellings of where people look: often enough to follow a cursor. */
const lookMs = 100;

/** Who follows a session now. Lives in memory alone and knows nobody once their connection is gone. */
export interface Presence {
  readonly people: readonly Person[];
  /**
   * Somebody connected. With the `id` they had a moment ago they are the same person again; a connection of theirs that is
   * not noticed to be dead yet does not count twice.
   */
  enter(id?: string): Arrival;
  /** Where somebody present looks. False when they are not. Told soon, and together with others' places. */
  look(id: string, voxel: Vec3): boolean;
  /** Calls `listener` whenever somebody comes, goes or looks elsewhere; returns the function that ends it. */
  listen(listener: (people: readonly Person[]) => void): () => void;
}

export interface Arrival {
  readonly person: Person;
  leave(): void;
}

const presences = new WeakMap<Session, Presence>();

export function presenceOf(session: Session): Presence {
  const known = presences.get(session) ?? createPresence();
  presences.set(session, known);
  return known;
}

export function createPresence(): Presence {
  const arrivals = new Map<string, Arrival>();
  const places = new Map<string, Vec3>();
  const listeners = new Set<(people: readonly Person[]) => void>();
  let soon: NodeJS.Timeout | undefined;
  const people = () =>
    [...arrivals.values()].map(({ person }) => {
      const voxel = places.get(person.id);
      return voxel ? { ...person, voxel } : person;
    });
  const tell = () => {
    clearTimeout(soon);
    soon = undefined;
    for (const listener of [...listeners]) listener(people());
  };
  return {
    get people() {
      return people();
    },
    enter(id = newId()) {
      const person = arrivals.get(id)?.person ?? { id, ...freeColor(people(), id) };
      const arrival: Arrival = {
        person,
        leave() {
          if (arrivals.get(id) !== arrival) return;
          arrivals.delete(id);
          places.delete(id);
          tell();
        },
      };
      arrivals.set(id, arrival);
      tell();
      return arrival;
    },
    look(id, voxel) {
      if (!arrivals.has(id)) return false;
      places.set(id, voxel);
      soon ??= setTimeout(tell, lookMs).unref();
      return true;
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function newId(): string {
  return crypto.randomUUID().slice(0, 8);
}

/** A colour that nobody present has, beginning where the id points: who comes back gets theirs again if it is still free. */
function freeColor(present: readonly Person[], id: string): { readonly name: string; readonly color: string } {
  const first = Number.parseInt(id, 16) % colors.length;
  for (let round = 1; ; round++) {
    for (let n = 0; n < colors.length; n++) {
      const [color, hex] = colors[(first + n) % colors.length];
      const name = round === 1 ? color : `${color} ${round}`;
      if (!present.some((other) => other.name === name)) return { name, color: hex };
    }
  }
}
