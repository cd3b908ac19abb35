import { statfs } from "node:fs/promises";
import type { Store } from "@septum/store";
import type { Session } from "../sessions/session.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { SessionState } from "../sessions/state.ts";

/** What the sessions hold now, in bytes. */
export interface Stock {
  /** Oldest first. */
  readonly sessions: readonly SessionStock[];
  readonly memory: number;
  readonly disk: number;
  /** Free on the disk of the data folder; absent when it cannot be told. */
  readonly diskFree?: number;
}

export interface SessionStock {
  readonly session: Session;
  /** Image and objects in memory; 0 while resting. */
  readonly memory: number;
  /** Image file, masks, prompts and history. */
  readonly disk: number;
}

export interface StockOptions {
  readonly sessions: Pick<Sessions, "list">;
  readonly store: Pick<Store, "bytes">;
  readonly dataFolder?: string;
}

/** Makes a function that counts what the sessions hold. */
export function stocktaker({ sessions, store, dataFolder }: StockOptions): () => Promise<Stock> {
  // What is on disk changes with the state alone, and every change makes a new one: a thousand resting sessions are
  // measured once.
  const known = new WeakMap<SessionState, number>();

  async function diskOf({ id, state }: Session): Promise<number> {
    const bytes = known.get(state) ?? (await store.bytes(id));
    known.set(state, bytes);
    return bytes;
  }

  return async () => {
    const stocks: SessionStock[] = [];
    for (const session of sessions.list()) {
      stocks.push({ session, memory: session.bytes, disk: await diskOf(session) });
    }
    return {
      sessions: stocks,
      memory: stocks.reduce((sum, { memory }) => sum + memory, 0),
      disk: stocks.reduce((sum, { disk }) => sum + disk, 0),
      diskFree: dataFolder === undefined ? undefined : await freeBytes(dataFolder),
    };
  };
}

/** Bytes that may still be written to the folder's disk; undefined when the system does not say. */
export async function freeBytes(folder: string): Promise<number | undefined> {
  const room = await statfs(folder).catch(() => undefined);
  return room && room.bavail * room.bsize;
}
