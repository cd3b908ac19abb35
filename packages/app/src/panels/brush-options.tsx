import { Checkbox, NumberInput, Slider, Tooltip } from "@mantine/core";
import { brushRadius, setBrush } from "../state/edit-settings.ts";
import { useEditing } from "../state/editing.ts";
import { useApp } from "../state/store.ts";
import { Choice } from "./choice.tsx";
import { useKeys } from "./keys/use-keys.ts";

/** The slider is finer where brushes are thin: its middle is at a quarter of the way. */
const bend = 2;
const { least, largest } = brushRadius;
const toSlider = (radius: number) => ((radius - least) / (largest - least)) ** (1 / bend);
const fromSlider = (at: number) => Math.round(2 * (least + at ** bend * (largest - least))) / 2;

export function BrushOptions() {
  const { radiusMm, shape } = useEditing((state) => state.brush);
  const thinner = useKeys("thinner");
  const thicker = useKeys("thicker");
  const keys = thinner && thicker ? ` (${thinner} ${thicker})` : "";
  return (
    <>
      <Tooltip label={`Radius of the brush in mm${keys}`}>
        <div className="brush-radius">
          <span id="brush-radius">Radius</span>
          <Slider
            w={100}
            min={0}
            max={1}
            step={0.01}
            value={toSlider(radiusMm)}
            onChange={(at) => setBrush({ radiusMm: fromSlider(at) })}
            label={null}
            thumbProps={{ "aria-labelledby": "brush-radius", "aria-valuetext": `${radiusMm} mm` }}
          />
          <output data-testid="brush-radius">{radiusMm} mm</output>
        </div>
      </Tooltip>
      <Choice
        name="Shape of the brush"
        value={shape}
        choices={{ disc: "Disc", sphere: "Sphere" }}
        onChange={(value) => setBrush({ shape: value })}
      />
      <Threshold />
    </>
  );
}

/** Paint stays off voxels that are darker or brighter than wanted. */
function Threshold() {
  const threshold = useEditing((state) => state.brush.threshold);
  const window = useApp((state) => state.view.window);
  const [lower, upper] = threshold ?? [0, 0];
  return (
    <div className="threshold">
      <Tooltip label="Paint only voxels whose value in the scan lies between two values">
        <Checkbox
          size="xs"
          label="Only values"
          checked={threshold !== undefined}
          onChange={({ currentTarget: { checked } }) =>
            setBrush({ threshold: checked ? [Math.round(window.lower), Math.round(window.upper)] : undefined })
          }
        />
      </Tooltip>
      {threshold && (
        <>
          <ValueInput
            name="Lowest value"
            value={lower}
            onChange={(value) => setBrush({ threshold: [value, Math.max(value, upper)] })}
          />
          <span aria-hidden="true">–</span>
          <ValueInput
            name="Highest value"
            value={upper}
            onChange={(value) => setBrush({ threshold: [Math.min(value, lower), value] })}
          />
        </>
      )}
    </div>
  );
}

interface ValueInputProps {
  readonly name: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

function ValueInput({ name, value, onChange }: ValueInputProps) {
  return (
    <NumberInput
      size="xs"
      w={70}
      hideControls
      aria-label={name}
      value={value}
      onChange={(next) => typeof next === "number" && onChange(next)}
    />
  );
}
