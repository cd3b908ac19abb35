import { memoryStore, type Store } from "@septum/store";
import type { Engine } from "../engine/engine.ts";
import { type Limits, noLimits } from "../sessions/limits.ts";
import type { Session } from "../sessions/session.ts";
import { openSessions } from "../sessions/sessions.ts";
import { startHarness } from "./harness.ts";

export interface KeptSessionOptions {
  readonly engine: Engine;
  readonly store?: Store;
  readonly limits?: Limits;
}

/**
 * A session that the store holds with `scan()` in it, and nothing above it. Each call of the answer opens it anew from there,
 * as a server that was started again does; it neither expires nor rests by itself.
 */
export async function keptSession({ engine, store = memoryStore(), limits = noLimits }: KeptSessionOptions) {
  const harness = await startHarness({ store });
  const id = await harness.loaded();
  await harness.app.close();
  return async (): Promise<Session> => {
    const sessions = await openSessions({
      store,
      engine,
      now: () => 0,
      maxImageBytes: 2 ** 30,
      limits,
      memoryBudget: 2 ** 30,
      lifetimeMs: Number.POSITIVE_INFINITY,
      restMs: Number.POSITIVE_INFINITY,
      onError(error) {
        throw error;
      },
    });
    return sessions.find(id);
  };
}
