import { Alert, Button } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { dismiss, dismissAll } from "../state/problems.ts";
import { useApp } from "../state/store.ts";
import { ExpiryWarning } from "./expiry-warning.tsx";

/** Errors stay here until they are read. */
export function Problems() {
  const problems = useApp((state) => state.problems);
  const reachable = useApp((state) => state.server.reachable);
  return (
    <div className="problems">
      {!reachable && (
        <Alert className="warning" title="The server cannot be reached" icon={<IconAlertTriangle />} role="status">
          What it has accepted is safe there. This page tries again every two seconds.
        </Alert>
      )}
      <ExpiryWarning />
      {problems.map(({ id, title, detail }) => (
        <Alert
          key={id}
          title={title}
          icon={<IconAlertTriangle />}
          withCloseButton
          closeButtonLabel="I have read this"
          onClose={() => dismiss(id)}
          data-testid="problem"
        >
          {detail}
        </Alert>
      ))}
      {problems.length > 2 && (
        <Button size="compact-xs" variant="default" onClick={dismissAll}>
          Close all
        </Button>
      )}
    </div>
  );
}
