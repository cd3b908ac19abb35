import type { Client, HistoryAnswer, NumberedPoint, SessionEvent, StatusAnswer } from "@septum/protocol";
import type { Box } from "@septum/volume";
import { createReader, mayPass } from "./reader.ts";

/** A segment changed or was removed. */
export type SegmentEvent = Extract<SessionEvent, { readonly type: "segment" }>;

/** A session as read in one go, its masks aside. */
export interface Facts {
  readonly status: StatusAnswer;
  readonly points: readonly NumberedPoint[];
  readonly history: Pick<HistoryAnswer, "steps" | "position">;
}

export interface ReplicaOptions {
  readonly client: Pick<Client, "status" | "points" | "history" | "events">;
  onFacts(facts: Facts): void;
  /** Labels changed inside a box of the scan, or (undefined) anywhere: one segment's, or (undefined) any. */
  onMasks(box: Box | undefined, segment?: SegmentEvent): void;
  /** Every event, before what it leads to. */
  onEvent(event: SessionEvent): void;
  /** `doing` completes "Cannot …". */
  onError(error: unknown, doing: string): void;
  /** The connection that events come through is gone; it is made anew. */
  onLost?(): void;
  /** Wait before something that did not work is tried again. */
  readonly retryMs?: number;
}

/** One page's copy of a session that others change too. */
export interface Replica {
  /**
   * Reads the session anew, and from the first time on follows its events. Resolves to false when it could not be read; what
   * may work later is tried again by itself.
   */
  refresh(): Promise<boolean>;
  stop(): void;
}

/**
 * Keeps a copy equal to the server's: an event says that something changed, and then it is read anew. Events carry no state
 * of their own, so one more of them, or one twice, does no harm, and a copy that has read after the last one is right.
 */
export function createReplica(options: ReplicaOptions): Replica {
  const { client, onFacts, onMasks, onEvent, onError, retryMs = 2_000 } = options;
  const stop = new AbortController();
  const { signal } = stop;
  /** As far as events told; -1 before the first reading. */
  let seen = { seq: -1, images: -1, masks: -1 };
  let hasHistory = false;

  const facts = createReader(async () => {
    try {
      // Asked for with the others where there was one before: somebody waits to see what somebody else did.
      const [status, { points }, early] = await Promise.all([
        client.status({ signal }),
        client.points({ signal }),
        hasHistory ? client.history({ signal }) : undefined,
      ]);
      hasHistory = status.history.total > 0;
      const history = hasHistory ? (early ?? (await client.history({ signal }))) : { steps: [], position: 0 };
      if (signal.aborted) return "failed";
      onFacts({ status, points, history });
      if (seen.images < 0) {
        seen = { ...seen, images: status.image_revision, masks: status.mask_revision };
        void listen();
      }
      return "done";
    } catch (error) {
      if (signal.aborted) return "failed";
      onError(error, "read the session");
      return mayPass(error) ? "again" : "failed";
    }
  }, retryMs);

  function take(event: SessionEvent): void {
    onEvent(event);
    if (event.type === "hello") {
      const { seq, image_revision: images, mask_revision: masks } = event;
      const same = !event.missed && images === seen.images && masks === seen.masks;
      seen = { seq, images, masks };
      void facts.ask();
      if (!same) onMasks(undefined);
      return;
    }
    // Something in between that this page does not know: a later version's.
    if (event.seq > seen.seq + 1) {
      void facts.ask();
      onMasks(undefined);
    }
    seen = { ...seen, seq: event.seq };
    switch (event.type) {
      case "segment":
        seen.masks = event.mask_revision;
        // No box and not gone: an empty segment, or a change that changed no voxel.
        if (event.box || event.removed) onMasks(event.box ?? undefined, event);
        break;
      case "image":
        seen.images = event.image_revision;
        break;
      case "progress":
      case "upload":
      case "presence":
      case "deleted":
        return;
    }
    void facts.ask();
  }

  async function listen(): Promise<void> {
    try {
      const retry = { retryMs: Math.min(500, retryMs), retryLimitMs: retryMs };
      for await (const event of client.events({ signal, onLost: options.onLost, ...retry })) {
        if (signal.aborted) return;
        take(event);
      }
    } catch (error) {
      if (!signal.aborted) onError(error, "follow the session");
    }
  }

  return {
    refresh: () => facts.ask(),
    stop() {
      stop.abort();
      facts.stop();
    },
  };
}
