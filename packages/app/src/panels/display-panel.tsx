import { ActionIcon, Slider, Switch, Tooltip } from "@mantine/core";
import { IconEye, IconEyeOff } from "@tabler/icons-react";
import { editing, useEditing } from "../state/editing.ts";
import { preferences, usePreferences } from "../state/preferences.ts";
import { setView, useApp } from "../state/store.ts";
import { Choice } from "./choice.tsx";
import { useKeys } from "./keys/use-keys.ts";

/** How masks, prompts and planes are shown. */
export function DisplayPanel() {
  const opacity = useApp((state) => state.view.opacity);
  const shown = useApp((state) => state.view.masksShown);
  const hide = useKeys("hide");
  const toggle = shown ? "Hide all masks" : "Show all masks";
  return (
    <section className="panel-section" aria-labelledby="display-title" data-testid="display">
      <div className="panel-head">
        <h2 id="display-title">Display</h2>
        <Tooltip label={hide ? `${toggle} (${hide}; hold to peek)` : toggle}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={toggle}
            aria-pressed={!shown}
            onClick={() => setView({ masksShown: !shown })}
          >
            {shown ? <IconEye size={17} /> : <IconEyeOff size={17} />}
          </ActionIcon>
        </Tooltip>
      </div>
      <div className="slider-row">
        <span id="opacity-label">Opacity</span>
        <Slider
          min={0}
          max={1}
          step={0.05}
          value={opacity}
          onChange={(value) => setView({ opacity: value, masksShown: true })}
          label={null}
          thumbProps={{ "aria-labelledby": "opacity-label" }}
          disabled={!shown}
          data-testid="opacity"
        />
        <output>{Math.round(100 * opacity)} %</output>
      </div>
      <Choices />
    </section>
  );
}

function Choices() {
  const { style, promptsShown, radiological } = useEditing((state) => state);
  const layout = useApp((state) => state.view.layout);
  const safe = usePreferences(({ colours }) => colours === "safe");
  return (
    <div className="choices">
      <Choice
        fullWidth
        name="Layout"
        value={layout === "grid" || layout === "three" ? layout : "one"}
        choices={{ grid: "Four views", three: "Three", one: "One" }}
        onChange={(value) => setView({ layout: value === "one" ? "axial" : value })}
      />
      <Choice
        fullWidth
        name="Masks as"
        value={style}
        choices={{ both: "Both", fill: "Fill", outline: "Outline" }}
        onChange={(value) => editing.setState({ style: value })}
      />
      <Choice
        fullWidth
        name="Left and right"
        value={radiological ? "radiological" : "neurological"}
        choices={{ radiological: "Radiological", neurological: "Neurological" }}
        onChange={(value) => editing.setState({ radiological: value === "radiological" })}
      />
      <Switch
        size="xs"
        label="Show prompts"
        checked={promptsShown}
        onChange={({ currentTarget }) => editing.setState({ promptsShown: currentTarget.checked })}
      />
      <Switch
        size="xs"
        label="Colours safe for colour-blind eyes"
        checked={safe}
        onChange={({ currentTarget }) => preferences.setState({ colours: currentTarget.checked ? "safe" : "classic" })}
        data-testid="safe-colours"
      />
    </div>
  );
}
