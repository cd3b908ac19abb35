import { ActionIcon, Button, Menu, Tooltip } from "@mantine/core";
import { IconChevronDown, IconChevronUp, IconDots, IconFileImport, IconPlus } from "@tabler/icons-react";
import { newSegment, stepSegment } from "../state/segment-actions.ts";
import { useApp } from "../state/store.ts";
import { chooseMask } from "./file-drop.tsx";
import { useKeys } from "./keys/use-keys.ts";
import { Outcome } from "./outcome.tsx";
import { SegmentRow } from "./segment-row.tsx";

/** All segments of the session; prompts and edits are for the active one. */
export function SegmentList() {
  const segments = useApp((state) => state.segments);
  const [previous, next, make] = [useKeys("previous"), useKeys("next"), useKeys("new")];
  return (
    <section className="panel-section panel-segments" aria-labelledby="segments-title">
      <div className="panel-head">
        <h2 id="segments-title">Segments</h2>
        <div className="panel-tools">
          {segments.length > 1 && (
            <>
              <Step
                name="Previous segment"
                keys={previous}
                icon={<IconChevronUp size={16} />}
                act={() => stepSegment(-1)}
              />
              <Step name="Next segment" keys={next} icon={<IconChevronDown size={16} />} act={() => stepSegment(1)} />
            </>
          )}
          <Tooltip label={make ? `Go on with an empty segment (${make})` : "Go on with an empty segment"}>
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<IconPlus size={14} />}
              onClick={newSegment}
              data-testid="new-segment"
            >
              New
            </Button>
          </Tooltip>
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label="More for segments">
                <IconDots size={17} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconFileImport size={15} />} onClick={() => chooseMask()}>
                Start from a mask file …
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </div>
      </div>
      {segments.length === 0 ? (
        <p className="hint">The first prompt makes a segment.</p>
      ) : (
        <ul className="segments" aria-label="Segments" data-testid="segments">
          {segments.map((segment) => (
            <SegmentRow key={segment.label} segment={segment} />
          ))}
        </ul>
      )}
      <Outcome />
    </section>
  );
}

interface StepProps {
  readonly name: string;
  readonly keys: string | undefined;
  readonly icon: React.ReactNode;
  readonly act: () => void;
}

function Step({ name, keys, icon, act }: StepProps) {
  return (
    <Tooltip label={keys ? `${name} (${keys})` : name}>
      <ActionIcon variant="subtle" color="gray" aria-label={name} onClick={act}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
