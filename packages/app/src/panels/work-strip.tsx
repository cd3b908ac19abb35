import { ActionIcon, Progress, Tooltip } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useEditing } from "../state/editing.ts";
import { cancelRun } from "../state/run-actions.ts";
import { useApp } from "../state/store.ts";
import { cancelWork } from "../state/work.ts";
import { slowText } from "../words/run.ts";
import { isPrompt } from "../words/tools.ts";

/** What is being worked out and how far it is, with a way to stop it; beforehand, how long it will take where that is long. */
export function WorkStrip() {
  const run = useApp((state) => state.run);
  const seconds = useApp((state) => state.server.model?.seconds_per_pass);
  const waiting = useEditing((state) => Math.max(0, state.pending.length - 1));
  const prompting = useEditing(({ tool }) => isPrompt(tool) || tool === "mark");
  if (!run) {
    const slow = prompting ? slowText(seconds ?? undefined) : undefined;
    return (
      <p className="work-strip work-idle" title={slow && "As long as this server takes for one pass of its network"}>
        <span>{slow}</span>
      </p>
    );
  }
  const { text, fraction, ours, stage } = run;
  const unknown = fraction === 0;
  return (
    <section className="work-strip" aria-label="Work" data-testid="working">
      <div className="work-words">
        <span role="status" title={text}>
          {text}
        </span>
        {waiting > 0 && stage !== "held" && <span className="work-more">{waiting} more</span>}
        <Progress
          value={unknown ? 100 : 100 * fraction}
          color={unknown ? "gray" : undefined}
          striped={unknown}
          animated
          size={4}
          aria-label="Progress"
        />
      </div>
      {ours && (
        <Tooltip label={stage === "held" ? "Do not send (Esc)" : waiting > 0 ? "Cancel all (Esc)" : "Cancel (Esc)"}>
          <ActionIcon
            size="sm"
            variant="default"
            aria-label={stage === "held" ? "Do not send" : "Cancel"}
            disabled={stage === "cancelling"}
            onClick={() => cancelWork() || cancelRun()}
            data-testid="cancel-work"
          >
            <IconX size={14} />
          </ActionIcon>
        </Tooltip>
      )}
    </section>
  );
}
