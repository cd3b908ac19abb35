import { type Client, createClient } from "@septum/protocol";
import type { Harness } from "./harness.ts";

/** Opens a real socket for the harness's server. */
export async function listen({ app }: Harness): Promise<{ readonly url: string; client(sessionId?: string): Client }> {
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return { url, client: (sessionId) => createClient({ baseUrl: url, sessionId }) };
}
