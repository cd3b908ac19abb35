import { ApiError } from "@septum/protocol";
import { client } from "./client.ts";
import { follow, unfollow } from "./follow.ts";
import { recallName } from "./image-actions.ts";
import { handleLoss } from "./loss.ts";
import { rememberedSession } from "./session-id.ts";
import { emptySession, store } from "./store.ts";
import { cancelWork } from "./work.ts";

/** Brings back the session of the address or of the last visit, or makes the first. */
export async function start(): Promise<void> {
  await enter(rememberedSession(new URL(location.href), localStorage));
}

/** Goes over to a session; undefined makes a new one. */
export async function enter(id: string | undefined): Promise<void> {
  // What waits for this very session waits on, such as for somebody to log in.
  if (id === undefined || id !== client.sessionId) cancelWork();
  unfollow();
  store.setState({ ...emptySession, session: { phase: "starting", id }, problems: [] });
  try {
    // biome-ignore lint/correctness/useHookAtTopLevel: a method of the client, no hook of React
    client.useSession(id);
    if (!id) await client.createSession();
  } catch (error) {
    if (error instanceof ApiError && [429, 503].includes(error.status)) {
      store.setState(({ session }) => ({ session: { ...session, phase: "refused", reason: error.message } }));
    } else {
      handleLoss(error, "start a session", { asked: false });
    }
    return;
  }
  store.setState({ scanName: recallName() });
  await follow();
}

export async function deleteSession(id: string): Promise<void> {
  try {
    const own = id === client.sessionId;
    if (own) unfollow();
    await client.deleteSession(id);
    if (own) await enter(undefined);
    else await listSessions();
  } catch (error) {
    handleLoss(error, "delete the session");
  }
}

export async function listSessions(): Promise<void> {
  try {
    const { sessions, all } = await client.sessions();
    store.setState({ sessions: { list: sessions, all } });
  } catch (error) {
    handleLoss(error, "list the sessions");
  }
}
