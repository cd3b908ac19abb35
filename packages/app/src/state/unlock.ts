import { client } from "./client.ts";
import { enter } from "./session-actions.ts";
import { rememberedSession } from "./session-id.ts";

/** Shows the server a token and goes on with the session; resolves to the reason when the token is refused. */
export async function unlock(token: string): Promise<string | undefined> {
  try {
    await client.logIn(token);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  await enter(client.sessionId ?? rememberedSession(new URL(location.href), localStorage));
  return undefined;
}
