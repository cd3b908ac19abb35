import { ActionIcon, Button, Switch, Tooltip } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { clearPoints, nextNumber, removePoint, select } from "../state/point-actions.ts";
import { setTool, setView, useApp } from "../state/store.ts";
import { textOn } from "../viewer/markers.ts";
import { countText, volumeText } from "../words/amounts.ts";

/** Numbered points, each the seed of one object, with what the last run made of it. */
export function PointPanel() {
  const points = useApp((state) => state.points);
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
        description={hint(tool, selected, nextNumber(points))}
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
  readonly voxel: readonly [number, number, number];
  readonly color: string;
  readonly selected: boolean;
}

function PointRow({ number, voxel, color, selected }: PointRowProps) {
  const segment = useApp((state) => state.segments.find(({ label }) => label === number));
  const spacing = useApp((state) => state.image?.spacing);
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
      <Tooltip label="Go to this point">
        <button
          type="button"
          className="point-voxel"
          aria-label={`Go to point ${number} at ${voxel.join(", ")}`}
          onClick={() => setView({ target: [...voxel] })}
        >
          {voxel.join(", ")}
        </button>
      </Tooltip>
      <span className="point-volume" data-testid={`volume-${number}`}>
        {segment && segment.voxels > 0 && spacing ? (
          <Tooltip label={countText(segment.voxels)}>
            <span>
              {volumeText(segment.voxels, spacing)}
              <small>{countText(segment.voxels)}</small>
            </span>
          </Tooltip>
        ) : (
          <small>{segment ? "empty" : "not run"}</small>
        )}
      </span>
      <Tooltip label={`Remove point ${number}`}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={`Remove point ${number}`}
          onClick={() => removePoint(number)}
        >
          <IconTrash size={15} />
        </ActionIcon>
      </Tooltip>
    </li>
  );
}
