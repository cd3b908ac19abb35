import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { IconArrowBackUp, IconArrowForwardUp, IconCheck, IconHistory } from "@tabler/icons-react";
import { goTo, redo, undo } from "../state/history-actions.ts";
import { useApp } from "../state/store.ts";

/** Undo, redo, and every step by its name. */
export function HistoryTools() {
  const { steps, position } = useApp((state) => state.history);
  return (
    <div className="history-tools">
      <StepButton
        icon={<IconArrowBackUp size={18} />}
        what="Undo"
        step={steps[position - 1]}
        keys="Ctrl+Z"
        act={undo}
      />
      <StepButton icon={<IconArrowForwardUp size={18} />} what="Redo" step={steps[position]} keys="Ctrl+Y" act={redo} />
      <Menu position="bottom-end" width={290} disabled={steps.length === 0}>
        <Menu.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label="History"
            title="Every step of this session"
            disabled={steps.length === 0}
            data-testid="history"
          >
            <IconHistory size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown className="history-list" data-testid="history-list">
          <Menu.Label>Go to the session after a step</Menu.Label>
          {steps
            .map((step, n) => (
              <Menu.Item
                key={step.id}
                className={n >= position ? "step-undone" : undefined}
                leftSection={n + 1 === position ? <IconCheck size={15} /> : <span className="step-mark" />}
                aria-current={n + 1 === position ? "step" : undefined}
                onClick={() => goTo(n + 1)}
              >
                {step.name}
              </Menu.Item>
            ))
            .reverse()}
          <Menu.Item
            leftSection={position === 0 ? <IconCheck size={15} /> : <span className="step-mark" />}
            aria-current={position === 0 ? "step" : undefined}
            onClick={() => goTo(0)}
          >
            Before these steps
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

interface StepButtonProps {
  readonly icon: React.ReactNode;
  readonly what: string;
  readonly step: { readonly name: string } | undefined;
  readonly keys: string;
  readonly act: () => void;
}

function StepButton({ icon, what, step, keys, act }: StepButtonProps) {
  const button = (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      aria-label={step ? `${what}: ${step.name}` : what}
      disabled={!step}
      onClick={act}
      data-testid={what.toLowerCase()}
    >
      {icon}
    </ActionIcon>
  );
  return step ? <Tooltip label={`${what}: ${step.name} (${keys})`}>{button}</Tooltip> : button;
}
