import { ApiError, errorAnswer, isErrorCode } from "./errors.ts";
import type { z } from "./zod.ts";

export interface TransportOptions {
  /** Where the server is, such as `http://127.0.0.1:8000`; the page's own origin is `""`. */
  readonly baseUrl: string;
  readonly sessionId?: string;
  /** Access token of a server that asks for one. A page logs in instead, so that its pictures and downloads are let in too. */
  readonly token?: string;
  /** Told when a session was made by the server or taken up by `useSession`. */
  readonly onSession?: (sessionId: string | undefined) => void;
  readonly fetch?: typeof fetch;
}

export interface Call {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly form?: FormData;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** What was asked for under the same key before is not done again. */
  readonly key?: string;
  /** Leave the session's id out, so that the answer does not change which session this is. */
  readonly anonymous?: boolean;
  /** Is sent although the page is left meanwhile. */
  readonly keepalive?: boolean;
}

/** One server, and the session that its answers belong to. */
export interface Transport {
  readonly baseUrl: string;
  sessionId: string | undefined;
  /** Headers of every call besides the session's. */
  readonly headers: Readonly<Record<string, string>>;
  /** Resolves for answers of success alone; rejects with `ApiError`, or with the signal's reason. */
  request(path: string, call?: Call): Promise<Response>;
  json<S extends z.ZodType>(schema: S, path: string, call?: Call): Promise<z.output<S>>;
  bytes(path: string, call?: Call): Promise<ArrayBuffer>;
}

/** Header that carries the session's id both ways. */
export const sessionHeader = "X-Session-ID";

/** Header that names a change, so that asking for it again after a lost answer does not do it twice. */
export const onceHeader = "Idempotency-Key";

export function createTransport(options: TransportOptions): Transport {
  // Called as a bare function: the page's `fetch` refuses any other `this`.
  const fetchIt = options.fetch ?? ((input: string | URL | Request, init?: RequestInit) => fetch(input, init));
  const baseUrl = options.baseUrl.replace(/\/+$/, "");
  const own: Readonly<Record<string, string>> = options.token ? { Authorization: `Bearer ${options.token}` } : {};
  let current = options.sessionId;

  const transport: Transport = {
    baseUrl,
    headers: own,
    get sessionId() {
      return current;
    },
    set sessionId(id) {
      if (id === current) return;
      current = id;
      options.onSession?.(id);
    },
    async request(path, call = {}) {
      const headers: Record<string, string> = { ...own, ...call.headers };
      const sent = current;
      if (sent !== undefined && !call.anonymous) headers[sessionHeader] = sent;
      if (call.key !== undefined) headers[onceHeader] = call.key;
      if (call.body !== undefined) headers["Content-Type"] = "application/json";
      const response = await fetchIt(`${baseUrl}${path}`, {
        method: call.method ?? "GET",
        headers,
        body: call.form ?? (call.body === undefined ? undefined : JSON.stringify(call.body)),
        signal: call.signal,
        keepalive: call.keepalive,
      }).catch(connectionLost(call));
      if (!response.ok) throw toApiError(response.status, await response.text().catch(() => ""));
      // A session made by this call, unless another call or the person chose one meanwhile.
      if (!call.anonymous && sent === undefined && current === undefined) {
        transport.sessionId = response.headers.get(sessionHeader) ?? undefined;
      }
      return response;
    },
    async json(schema, path, call) {
      const response = await transport.request(path, call);
      const parsed = schema.safeParse(parseJson(await response.text().catch(connectionLost(call))));
      if (!parsed.success) {
        throw new ApiError(response.status, "unknown", "The answer is not of this version of the API", {
          cause: parsed.error,
        });
      }
      return parsed.data;
    },
    async bytes(path, call) {
      const response = await transport.request(path, call);
      return response.arrayBuffer().catch(connectionLost(call));
    },
  };
  return transport;
}

/** What a broken connection means to the caller, be it before the answer or in the middle of it. */
function connectionLost(call: Call | undefined): (cause: unknown) => never {
  return (cause) => {
    call?.signal?.throwIfAborted();
    throw new ApiError(0, "network", "The server cannot be reached", { cause });
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The error an answer's text stands for; a text that is not ours (a proxy's page) becomes code `unknown`. */
export function toApiError(status: number, text: string): ApiError {
  try {
    const { code, detail } = errorAnswer.parse(JSON.parse(text));
    return new ApiError(status, isErrorCode(code) ? code : "unknown", detail);
  } catch (cause) {
    return new ApiError(status, "unknown", `The server answered ${status} with something that is not its own`, {
      cause,
    });
  }
}
