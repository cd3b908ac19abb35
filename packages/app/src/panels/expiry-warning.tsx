import { Alert, Button } from "@mantine/core";
import { IconClockExclamation } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { refresh } from "../state/follow.ts";
import { useApp } from "../state/store.ts";
import { expiryText } from "../words/expiry.ts";

const lookEvery = 10_000;

/** Said before a session that nobody used for long is deleted; any call to the server moves the end off. */
export function ExpiryWarning() {
  const expiry = useApp((state) => state.expiry);
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), lookEvery);
    return () => clearInterval(timer);
  }, []);
  const text = expiryText(expiry, now);
  if (!text) return null;
  return (
    <Alert
      className="warning"
      title={`This session ends ${text}`}
      icon={<IconClockExclamation />}
      role="status"
      data-testid="expiry"
    >
      Nobody has used it for long. Its scan, points and masks are then deleted from the server.
      <Button size="xs" mt="xs" display="block" onClick={refresh} data-testid="keep-session">
        Keep it
      </Button>
    </Alert>
  );
}
