import { Button } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useEffect } from "react";
import { start } from "../state/session-actions.ts";
import { useApp } from "../state/store.ts";

const againMs = 15_000;

/** The server has no place for one more session; it is asked again now and then. */
export function SessionRefused() {
  const reason = useApp((state) => state.session.reason);
  useEffect(() => {
    const timer = setTimeout(start, againMs);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="centre" data-testid="session-refused">
      <section className="card" aria-labelledby="refused-title" role="status">
        <h2 id="refused-title">The server is full</h2>
        <p>{reason}.</p>
        <p className="hint">
          This page asks again every {againMs / 1000} seconds. Whoever runs the server can allow more, or delete
          sessions that nobody needs.
        </p>
        <Button leftSection={<IconRefresh size={16} />} onClick={start}>
          Ask now
        </Button>
      </section>
    </div>
  );
}
