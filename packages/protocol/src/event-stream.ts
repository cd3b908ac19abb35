import { ApiError } from "./errors.ts";
import { type SessionEvent, sessionEvent } from "./events.ts";
import type { Transport } from "./transport.ts";

export interface EventsOptions {
  readonly signal?: AbortSignal;
  /** Wait before connecting again after a lost connection; doubled each time, up to `retryLimitMs`. */
  readonly retryMs?: number;
  readonly retryLimitMs?: number;
  /** A connection silent for so long is taken for lost: the server says something every 15 s. */
  readonly silenceMs?: number;
  /** Told when a connection was lost or did not come about; it is tried again. */
  readonly onLost?: () => void;
}

/**
 * Server-sent events read with `fetch`, which (unlike `EventSource`) can carry the session's id in a header, so that it
 * never stands in an address. Ends when the signal aborts or after `deleted`; rejects when the session is not known.
 */
export async function* readEvents(transport: Transport, options: EventsOptions): AsyncGenerator<SessionEvent, void> {
  const { signal, retryMs = 500, retryLimitMs = 15_000, silenceMs = 40_000, onLost } = options;
  let last: number | undefined;
  let person: string | undefined;
  let wait = retryMs;
  while (!signal?.aborted) {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), silenceMs);
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silenceMs);
    };
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (last !== undefined) headers["Last-Event-ID"] = String(last);
      const response = await transport.request(`/api/events${person ? `?person=${person}` : ""}`, {
        headers,
        signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal,
      });
      for await (const event of parseEvents(response, heard)) {
        wait = retryMs;
        last = event.seq;
        if (event.type === "hello") person = event.person;
        yield event;
        if (event.type === "deleted") return;
      }
    } catch (error) {
      if (signal?.aborted) return;
      const refused = error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429;
      if (refused) throw error;
    } finally {
      clearTimeout(timer);
    }
    if (!signal?.aborted) onLost?.();
    await sleep(wait, signal);
    wait = Math.min(2 * wait, retryLimitMs);
  }
}

/** Events of one response body, in order. Comments (heartbeats) and events of a later version are passed over. */
export async function* parseEvents(response: Response, heard?: () => void): AsyncGenerator<SessionEvent> {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard?.();
      text += value;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const event = parseBlock(text.slice(0, end));
        text = text.slice(end + 2);
        if (event) yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function parseBlock(block: string): SessionEvent | undefined {
  const data = block
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5).trimStart())
    .join("\n");
  if (data === "") return undefined;
  return sessionEvent.safeParse(JSON.parse(data)).data;
}

/** Resolves after `ms`, or at once when the signal aborts. */
function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
    if (signal?.aborted) done();
  });
}
