import { ActionIcon, Button, Slider, Tooltip } from "@mantine/core";
import { IconDownload, IconEye, IconEyeOff, IconListNumbers } from "@tabler/icons-react";
import { downloadLabels, downloadSegmentation } from "../state/run-actions.ts";
import { setView, useApp } from "../state/store.ts";

/** How the masks are shown, and where they go. */
export function MaskPanel() {
  const some = useApp((state) => state.segments.some(({ voxels }) => voxels > 0));
  const opacity = useApp((state) => state.view.opacity);
  const shown = useApp((state) => state.view.masksShown);
  if (!some) return null;
  const toggle = shown ? "Hide the masks" : "Show the masks";
  return (
    <section className="panel-section" aria-labelledby="masks-title" data-testid="masks">
      <div className="panel-head">
        <h2 id="masks-title">Masks</h2>
        <Tooltip label={`${toggle} (V)`}>
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
          label={(value) => `${Math.round(100 * value)} %`}
          thumbProps={{ "aria-labelledby": "opacity-label" }}
          disabled={!shown}
          data-testid="opacity"
        />
        <output>{Math.round(100 * opacity)} %</output>
      </div>
      <div className="downloads">
        <Button
          variant="default"
          leftSection={<IconDownload size={16} />}
          onClick={downloadSegmentation}
          title="NIfTI label map in the scan's geometry"
        >
          Download segmentation
        </Button>
        <Button
          variant="default"
          leftSection={<IconListNumbers size={16} />}
          onClick={downloadLabels}
          title="Label descriptions for ITK-SNAP"
        >
          Download label file
        </Button>
      </div>
    </section>
  );
}
