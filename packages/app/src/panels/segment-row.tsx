import { ActionIcon, Tooltip } from "@mantine/core";
import type { SegmentSummary } from "@septum/protocol";
import {
  IconCircle,
  IconCircleCheckFilled,
  IconCircleHalf2,
  IconEye,
  IconEyeOff,
  IconLock,
  IconLockOpen,
} from "@tabler/icons-react";
import { activate } from "../state/active.ts";
import { setLook, showAlone } from "../state/edit-settings.ts";
import { lookOf, useEditing } from "../state/editing.ts";
import { changeSegment } from "../state/segment-actions.ts";
import { useApp } from "../state/store.ts";
import { textOn } from "../viewer/markers.ts";
import { countText, volumeText } from "../words/amounts.ts";
import { nextState, promptsText, stateTexts } from "../words/segments.ts";
import { ObjectName } from "./object-name.tsx";
import { PromptList } from "./prompt-list.tsx";
import { SegmentSettings } from "./segment-settings.tsx";

/** One segment; the active one shows its prompts beneath. */
export function SegmentRow({ segment }: { readonly segment: SegmentSummary }) {
  const { label, name, color, value, voxels, prompts, locked } = segment;
  const active = useEditing((state) => state.active === label);
  const spacing = useApp((state) => state.image?.spacing);
  // The active one lists them.
  const given = active ? undefined : promptsText(prompts);
  return (
    <li className={active ? "segment segment-active" : "segment"} data-testid={`segment-${label}`}>
      <div className="segment-head">
        <button
          type="button"
          className="segment-choose"
          aria-pressed={active}
          aria-label={`Go on with ${name}`}
          title={`Label value ${value}`}
          style={{ background: color, color: textOn(color) }}
          onClick={() => activate(label)}
          data-testid={`choose-${label}`}
        >
          {value}
        </button>
        <span className="segment-words">
          <ObjectName label={label} name={name} />
          {/* biome-ignore lint/a11y/useKeyWithClickEvents: a larger place to click for the button before it, which takes keys */}
          {/* biome-ignore lint/a11y/noStaticElementInteractions: as above */}
          <small data-testid={`volume-${label}`} onClick={() => activate(label)}>
            {voxels > 0 && spacing ? <span title={countText(voxels)}>{volumeText(voxels, spacing)}</span> : "empty"}
            {given && ` · ${given}`}
          </small>
        </span>
        <State segment={segment} />
        <Visibility label={label} name={name} />
        <Tooltip label={locked ? "Unlock" : "Lock: nothing changes its voxels"}>
          <ActionIcon
            size="sm"
            variant="subtle"
            color={locked ? undefined : "gray"}
            aria-label={`Lock ${name}`}
            aria-pressed={locked}
            onClick={() => changeSegment(label, { locked: !locked })}
            data-testid={`lock-${label}`}
          >
            {locked ? <IconLock size={16} /> : <IconLockOpen size={16} className="faint" />}
          </ActionIcon>
        </Tooltip>
        <SegmentSettings segment={segment} />
      </div>
      {active && prompts.length > 0 && <PromptList label={label} name={name} prompts={prompts} />}
    </li>
  );
}

const stateIcons = { todo: IconCircle, in_progress: IconCircleHalf2, done: IconCircleCheckFilled } as const;

function State({ segment: { label, name, state } }: { readonly segment: SegmentSummary }) {
  const Icon = stateIcons[state];
  const next = nextState(state);
  return (
    <Tooltip label={`${stateTexts[state]}; press for “${stateTexts[next].toLowerCase()}”`}>
      <ActionIcon
        size="sm"
        variant="subtle"
        color={state === "done" ? undefined : "gray"}
        aria-label={`${name}: ${stateTexts[state]}`}
        onClick={() => changeSegment(label, { state: next })}
        data-testid={`state-${label}`}
      >
        <Icon size={16} />
      </ActionIcon>
    </Tooltip>
  );
}

function Visibility({ label, name }: { readonly label: number; readonly name: string }) {
  const shown = useEditing((state) => lookOf(state, label).shown);
  return (
    <Tooltip label={`${shown ? "Hide" : "Show"}; with Shift it alone, or all`}>
      <ActionIcon
        size="sm"
        variant="subtle"
        color="gray"
        aria-label={`Show ${name}`}
        aria-pressed={shown}
        onClick={(event) => (event.shiftKey ? showAlone(label) : setLook(label, { shown: !shown }))}
        data-testid={`show-${label}`}
      >
        {shown ? <IconEye size={16} /> : <IconEyeOff size={16} className="faint" />}
      </ActionIcon>
    </Tooltip>
  );
}
