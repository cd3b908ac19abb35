import { type AdminAnswer, type AdminDone, adminAnswer, adminDone } from "./admin.ts";
import { createTransport, type TransportOptions } from "./transport.ts";

export interface AdminClientOptions extends Pick<TransportOptions, "baseUrl" | "fetch"> {
  /** The administrator's token; a server that listens on this machine alone may need none. */
  readonly token?: string;
}

export type AdminClient = ReturnType<typeof createAdminClient>;

/** What whoever runs a server may ask it. Belongs to no session and makes none. Every method rejects with `ApiError`. */
export function createAdminClient({ baseUrl, fetch, token }: AdminClientOptions) {
  const { json } = createTransport({ baseUrl, fetch, token });
  const path = (id: string) => `/api/admin/sessions/${encodeURIComponent(id)}`;
  return {
    overview(call?: { readonly signal?: AbortSignal }): Promise<AdminAnswer> {
      return json(adminAnswer, "/api/admin", { ...call, anonymous: true });
    },
    /** Takes the session's image out of memory; the work stays, and opens again when it is used. `id` may be the short one. */
    rest(id: string): Promise<AdminDone> {
      return json(adminDone, `${path(id)}/rest`, { method: "POST", anonymous: true });
    },
    /** Deletes the session with all it holds, and stops its work. */
    deleteSession(id: string): Promise<AdminDone> {
      return json(adminDone, path(id), { method: "DELETE", anonymous: true });
    },
  };
}
