import { ActionIcon, Button, Switch, Tooltip } from "@mantine/core";
import type { SegmentSummary } from "@septum/protocol";
import type { Vec3 } from "@septum/volume";
import { IconTrash } from "@tabler/icons-react";
import { removeObject } from "../state/object-actions.ts";
import { clearPoints, nextNumber, removePoint, select } from "../state/point-actions.ts";
import { setTool, setView, useApp } from "../state/store.ts";
import { textOn } from "../viewer/markers.ts";
import { countText, volumeText } from "../words/amounts.ts";
import { ObjectName } from "./object-name.tsx";

/** Numbered points, each the seed of one object, with what the last run made of it; then objects that have no point. */
export function PointPanel() {
  const points = useApp((state) => state.points);
  const segments = useApp((state) => state.segments);
  const pointless = segments.filter(({ label }) => !points.some(({ number }) => number === label));
  const selected = useApp((state) => state.selected);
  const tool = useApp((state) => state.tool);
  return (
    <section className="panel-section panel-points" aria-labelledby="points-title">
      <div className="panel-head">
        <h2 id="points-title">Points</h2>
        {points.length > 0 && (
          <Button size="compact-xs" variant="subtle" color="gray" onClick={clearPoints}>
            Remove all
          </Button>
        )}
      </div>
      <Switch
        label="Click marks a point"
        description={hint(tool, selected, nextNumber(points, segments))}
        checked={tool === "mark"}
        onChange={(event) => setTool(event.currentTarget.checked ? "mark" : "look")}
        data-testid="mark-tool"
      />
      {points.length > 0 && (
        <ul className="points" aria-label="Marked points" data-testid="points">
          {points.map((point) => (
            <PointRow key={point.number} {...point} selected={point.number === selected} />
          ))}
        </ul>
      )}
      {pointless.length > 0 && (
        <ul className="points" aria-label="Objects without a point" data-testid="objects">
          {pointless.map((segment) => (
            <ObjectRow key={segment.label} segment={segment} />
          ))}
        </ul>
      )}
    </section>
  );
}

function hint(tool: "mark" | "look", selected: number | undefined, next: number): string {
  if (tool === "look") return "Clicks move the crosshair only. P switches.";
  if (selected !== undefined) return `The next click moves point ${selected}. Esc leaves it where it is.`;
  return `The next click marks point ${next}. Dragging moves the crosshair.`;
}

interface PointRowProps {
  readonly number: number;
  readonly voxel: Vec3;
  readonly color: string;
  readonly selected: boolean;
}

function PointRow({ number, voxel, color, selected }: PointRowProps) {
  const segment = useApp((state) => state.segments.find(({ label }) => label === number));
  return (
    <li className={selected ? "point point-selected" : "point"} data-testid={`point-${number}`}>
      <Tooltip
        position="left"
        label={selected ? "Leave this point where it is" : "Select: the next click moves this point"}
      >
        <button
          type="button"
          className="point-dot"
          style={{ background: color, color: textOn(color) }}
          aria-pressed={selected}
          aria-label={`Select point ${number}`}
          onClick={() => select(number)}
        >
          {number}
        </button>
      </Tooltip>
      <span className="point-words">
        {segment && <ObjectName {...segment} />}
        <GoTo voxel={voxel} what={`point ${number}`} />
      </span>
      <Volume number={number} segment={segment} />
      <Remove what={`point ${number}`} act={() => removePoint(number)} />
    </li>
  );
}

/** An object that was drawn or prompted without a numbered point. */
function ObjectRow({ segment }: { readonly segment: SegmentSummary }) {
  const { label, name, color, prompts } = segment;
  const voxel = prompts.find((prompt) => prompt.voxel)?.voxel;
  return (
    <li className="point" data-testid={`object-${label}`}>
      <span className="point-dot object-dot" style={{ background: color, color: textOn(color) }}>
        {label}
      </span>
      <span className="point-words">
        <ObjectName label={label} name={name} />
        {voxel ? (
          <GoTo voxel={voxel} what={name} />
        ) : (
          <small>
            {prompts.length} {prompts.length === 1 ? "prompt" : "prompts"}
          </small>
        )}
      </span>
      <Volume number={label} segment={segment} />
      <Remove what={`object ${label}`} act={() => removeObject(label)} />
    </li>
  );
}

function GoTo({ voxel, what }: { readonly voxel: Vec3; readonly what: string }) {
  return (
    <Tooltip label="Go there">
      <button
        type="button"
        className="point-voxel"
        aria-label={`Go to ${what} at ${voxel.join(", ")}`}
        onClick={() => setView({ target: [...voxel] })}
      >
        {voxel.join(", ")}
      </button>
    </Tooltip>
  );
}

function Volume({ number, segment }: { readonly number: number; readonly segment: SegmentSummary | undefined }) {
  const spacing = useApp((state) => state.image?.spacing);
  return (
    <span className="point-volume" data-testid={`volume-${number}`}>
      {segment && segment.voxels > 0 && spacing ? (
        <>
          {volumeText(segment.voxels, spacing)}
          <small>{countText(segment.voxels)}</small>
        </>
      ) : (
        <small>{segment ? "empty" : "not run"}</small>
      )}
    </span>
  );
}

function Remove({ what, act }: { readonly what: string; readonly act: () => void }) {
  return (
    <Tooltip label={`Remove ${what}`}>
      <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Remove ${what}`} onClick={act}>
        <IconTrash size={15} />
      </ActionIcon>
    </Tooltip>
  );
}
