import { client } from "./client.ts";
import { handleLoss } from "./loss.ts";
import { enter } from "./session-actions.ts";
import { rememberedSession } from "./session-id.ts";

const loggedInKey = "septum.logged-in";

/** Whether this browser showed the server a token. */
export function isLoggedIn(): boolean {
  return localStorage.getItem(loggedInKey) !== null;
}

/** Leaves this browser without a way in; sessions stay as they are. */
export async function lock(): Promise<void> {
  try {
    await client.logOut();
    localStorage.removeItem(loggedInKey);
    location.reload();
  } catch (error) {
    handleLoss(error, "log out");
  }
}

/** Shows the server a token and goes on with the session; resolves to the reason when the token is refused. */
export async function unlock(token: string): Promise<string | undefined> {
  try {
    await client.logIn(token);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  localStorage.setItem(loggedInKey, "yes");
  await enter(client.sessionId ?? rememberedSession(new URL(location.href), localStorage));
  return undefined;
}
