import { ActionIcon, Button, Tooltip } from "@mantine/core";
import type { Vec3 } from "@septum/volume";
import { IconTrash } from "@tabler/icons-react";
import { useEditing } from "../state/editing.ts";
import { clearPoints, nextNumber, removePoint, select } from "../state/point-actions.ts";
import { setView, useApp } from "../state/store.ts";
import { textOn } from "../viewer/markers.ts";

/** Numbered points: each is the seed of the segment with its number. */
export function PointPanel() {
  const points = useApp((state) => state.points);
  const segments = useApp((state) => state.segments);
  const selected = useApp((state) => state.selected);
  const marking = useEditing((state) => state.tool === "mark");
  return (
    <section className="panel-section panel-points" aria-labelledby="points-title">
      <div className="panel-head">
        <h2 id="points-title">Numbered points</h2>
        {points.length > 0 && (
          <Button size="compact-xs" variant="subtle" color="gray" onClick={clearPoints}>
            Remove all
          </Button>
        )}
      </div>
      {marking && <p className="hint">{hint(selected, nextNumber(points, segments))}</p>}
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

function hint(selected: number | undefined, next: number): string {
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
  const made = useApp((state) => state.segments.some(({ label }) => label === number));
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
      <Tooltip label="Go there">
        <button
          type="button"
          className="point-voxel"
          aria-label={`Go to point ${number} at ${voxel.join(", ")}`}
          onClick={() => setView({ target: [...voxel] })}
        >
          {voxel.join(", ")}
        </button>
      </Tooltip>
      <small className="point-made">{made ? "" : "not run"}</small>
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
