import { Button, Kbd, Progress } from "@mantine/core";
import { IconPlayerPlayFilled, IconPlayerStopFilled } from "@tabler/icons-react";
import { cancelRun, run } from "../state/run-actions.ts";
import { useApp } from "../state/store.ts";
import { cancelWork } from "../state/work.ts";
import type { RunProgress } from "../words/run.ts";

export function RunPanel() {
  const running = useApp((state) => state.run);
  const points = useApp((state) => state.points.length);
  if (running) return <Running {...running} />;
  return (
    <section className="panel-section" aria-label="Run">
      <Button
        fullWidth
        size="md"
        leftSection={<IconPlayerPlayFilled size={16} />}
        disabled={points === 0}
        onClick={run}
        data-testid="run"
      >
        Run segmentation
      </Button>
      <p className="hint hint-with-keys">
        {points === 0 ? "Mark at least one point first." : "Each point becomes one segment."}
        <span className="keys">
          <Kbd size="xs">Ctrl</Kbd> <Kbd size="xs">Enter</Kbd>
        </span>
      </p>
    </section>
  );
}

function Running({ fraction, text, stage, ours }: RunProgress) {
  const waiting = stage === "waiting" || stage === "starting" || stage === "cancelling" || stage === "held";
  return (
    <section className="panel-section" aria-label="Run" data-testid="running">
      <div className="running-head">
        <span role="status">{text}</span>
        <span className="running-percent">{Math.floor(100 * fraction)} %</span>
      </div>
      <Progress
        value={waiting && fraction === 0 ? 100 : 100 * fraction}
        color={waiting ? "gray" : undefined}
        striped
        animated
        size="lg"
        aria-label="Segmentation progress"
      />
      {ours ? (
        <Button
          fullWidth
          variant="default"
          mt="sm"
          leftSection={<IconPlayerStopFilled size={15} />}
          loading={stage === "cancelling"}
          onClick={() => cancelWork() || cancelRun()}
          data-testid="cancel-run"
        >
          Cancel
        </Button>
      ) : (
        <p className="hint">Started in another tab or by someone else in this session.</p>
      )}
    </section>
  );
}
