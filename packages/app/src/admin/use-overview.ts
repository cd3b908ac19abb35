import { type AdminAnswer, type AdminClient, ApiError, createAdminClient } from "@septum/protocol";
import { useCallback, useEffect, useMemo, useState } from "react";
import { rememberedToken, rememberToken } from "./admin-token.ts";

const everyMs = 3_000;

export interface Overview {
  /** The latest answer; kept while the server cannot be reached. */
  readonly answer?: AdminAnswer;
  /** A token is needed, and why the one that was given does not do. */
  readonly locked?: string;
  /** Why the latest look failed otherwise. */
  readonly trouble?: string;
  readonly client: AdminClient;
  readonly hasToken: boolean;
  enterToken(token: string | undefined): void;
  /** Looks again at once. */
  refresh(): void;
}

/** What the server says of itself, asked for again every few seconds while the page is seen. */
export function useOverview(): Overview {
  const [token, setToken] = useState(() => rememberedToken(sessionStorage));
  const [turn, setTurn] = useState(0);
  const [seen, setSeen] = useState<Pick<Overview, "answer" | "locked" | "trouble">>({});
  const client = useMemo(() => createAdminClient({ baseUrl: "", token }), [token]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another turn looks again at once
  useEffect(() => {
    const over = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      const next = document.hidden ? undefined : await lookOnce(client, over.signal);
      if (over.signal.aborted) return;
      if (next) setSeen((before) => (next.trouble ? { ...before, trouble: next.trouble } : next));
      // Asking again with a token that was refused would only be refused again.
      if (!next?.locked) timer = setTimeout(look, everyMs);
    };
    void look();
    return () => {
      over.abort();
      clearTimeout(timer);
    };
  }, [client, turn]);

  return {
    ...seen,
    client,
    hasToken: token !== undefined,
    enterToken(given) {
      rememberToken(sessionStorage, given);
      setSeen({});
      setToken(given);
    },
    refresh: useCallback(() => setTurn((last) => last + 1), []),
  };
}

async function lookOnce(
  client: AdminClient,
  signal: AbortSignal,
): Promise<Pick<Overview, "answer" | "locked" | "trouble">> {
  try {
    return { answer: await client.overview({ signal }) };
  } catch (error) {
    if (error instanceof ApiError && error.code === "unauthorized") return { locked: error.message };
    return { trouble: error instanceof Error ? error.message : String(error) };
  }
}
