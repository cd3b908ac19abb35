import { Alert, Button } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useEditing } from "../state/editing.ts";
import { dismiss, dismissAll } from "../state/problems.ts";
import { useApp } from "../state/store.ts";
import { stepsText } from "../words/run.ts";
import { ExpiryWarning } from "./expiry-warning.tsx";

/** Errors stay here until they are read. */
export function Problems() {
  const problems = useApp((state) => state.problems);
  const reachable = useApp((state) => state.server.reachable);
  const held = useApp(({ run }) => (run?.stage === "held" ? run.reason : undefined));
  const unsent = useEditing(({ pending }) => pending.length);
  return (
    <div className="problems">
      {!reachable && (
        <Alert className="warning" title="The server cannot be reached" icon={<IconAlertTriangle />} role="status">
          What is saved is safe there. This page looks for it every two seconds
          {unsent > 0
            ? `, and then sends what you did meanwhile: ${stepsText(unsent)}. Keep the page open.`
            : "; prompts and edits are kept here until then."}
        </Alert>
      )}
      {reachable && held !== undefined && (
        <Alert className="warning" title="The server cannot do this now" icon={<IconAlertTriangle />} role="status">
          {held}. It is asked again every two seconds; what you did waits here: {stepsText(unsent)}.
        </Alert>
      )}
      <ExpiryWarning />
      {problems.map(({ id, title, detail, again }) => (
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
          {again && (
            <Button
              size="xs"
              mt="xs"
              display="block"
              onClick={() => {
                dismiss(id);
                again();
              }}
              data-testid="try-again"
            >
              Try again
            </Button>
          )}
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
