import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { enter } from "../state/session-actions.ts";
import { shortId } from "../state/session-id.ts";
import { useApp } from "../state/store.ts";

/** The session was deleted, has expired, or was never on this server. */
export function SessionGone() {
  const { id, reason } = useApp((state) => state.session);
  return (
    <div className="centre" data-testid="session-gone">
      <section className="card" aria-labelledby="gone-title">
        <h2 id="gone-title">This session is no longer here</h2>
        <p>
          {id && (
            <>
              Session <code>{shortId(id)}</code>:{" "}
            </>
          )}
          {reason ?? "The server does not know it."}
        </p>
        <p className="hint">
          Sessions end when they are deleted or not used for some time, and cannot be brought back.
        </p>
        <Button leftSection={<IconPlus size={16} />} onClick={() => enter(undefined)}>
          Start a new session
        </Button>
      </section>
    </div>
  );
}
