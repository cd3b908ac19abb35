import type { SessionEvent } from "@septum/protocol";
import type { Box } from "@septum/volume";
import { advanceRun, startedRun } from "../words/run.ts";
import { client } from "./client.ts";
import { showFacts } from "./facts.ts";
import { lookForServer } from "./heartbeat.ts";
import { handleLoss, loseSession } from "./loss.ts";
import { createReplica, type Replica, type SegmentEvent } from "./replica.ts";
import { store } from "./store.ts";

/** Told when labels changed inside a box of the scan, or (undefined) anywhere: one segment's, or (undefined) any. */
type MaskListener = (box: Box | undefined, segment?: SegmentEvent) => void;

let replica: Replica | undefined;
const maskListeners = new Set<MaskListener>();
const eventListeners = new Set<(event: SessionEvent) => void>();

/** Told every event, before the page acts on it. */
export function onSessionEvent(listener: (event: SessionEvent) => void): () => void {
  eventListeners.add(listener);
  return () => eventListeners.delete(listener);
}

export function onMaskChange(listener: MaskListener): () => void {
  maskListeners.add(listener);
  return () => maskListeners.delete(listener);
}

/**
 * Reads the client's session and keeps the page in step with it from then on. Resolves to false when it could not be read;
 * a server that cannot be reached is asked again.
 */
export function follow(): Promise<boolean> {
  unfollow();
  replica = createReplica({
    client,
    onFacts: showFacts,
    onMasks: (box, segment) => {
      for (const listener of maskListeners) listener(box, segment);
    },
    onEvent: take,
    onLost: () => void lookForServer(),
    onError: (error, doing) => handleLoss(error, doing, { asked: false }),
  });
  return replica.refresh();
}

export function unfollow(): void {
  replica?.stop();
  replica = undefined;
}

/** Reads the session anew after a change of our own, without waiting for the event of it. */
export function refresh(): Promise<boolean> {
  return replica?.refresh() ?? Promise.resolve(false);
}

/** What events say by themselves; what they tell to read anew is the replica's. */
function take(event: SessionEvent): void {
  for (const listener of eventListeners) listener(event);
  const { run, upload } = store.getState();
  switch (event.type) {
    case "hello":
      store.setState(({ session }) => ({ session: { ...session, person: event.person } }));
      return;
    case "presence":
      store.setState({ people: event.people });
      return;
    case "progress":
      store.setState({ run: advanceRun(run ?? startedRun(false), event) });
      return;
    case "run":
      if (event.state === "started") store.setState({ run: run ?? startedRun(false) });
      // The tab that runs learns of the end from its own call, with the reason.
      else if (!run?.ours) store.setState({ run: undefined });
      return;
    case "image":
      store.setState({ uploadElsewhere: undefined });
      return;
    case "upload":
      if (!upload) {
        store.setState({ uploadElsewhere: event.received });
        lookForEnd();
      }
      return;
    case "deleted":
      loseSession("It was deleted.");
  }
}

const endEveryMs = 3_000;
let lookingForEnd: ReturnType<typeof setTimeout> | undefined;

/** An upload from elsewhere that is refused or given up ends without an event. */
function lookForEnd(): void {
  clearTimeout(lookingForEnd);
  lookingForEnd = setTimeout(async () => {
    await refresh();
    if (store.getState().uploadElsewhere !== undefined) lookForEnd();
  }, endEveryMs);
}
