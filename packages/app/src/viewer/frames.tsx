import { ActionIcon, Tooltip } from "@mantine/core";
import { IconArrowsMaximize, IconArrowsMinimize, IconFocusCentered } from "@tabler/icons-react";
import { setView, useApp } from "../state/store.ts";
import { type Plane, planeNames, planes, type View } from "./planes.ts";

/** Names, slice numbers and buttons above the four views. */
export function Frames({ onReset }: { readonly onReset: () => void }) {
  const layout = useApp((state) => state.view.layout);
  const views: readonly View[] = layout === "grid" ? [...planeNames, "render"] : [layout];
  return (
    <div className={layout === "grid" ? "frames frames-grid" : "frames"}>
      {views.map((view) => (
        <Frame key={view} view={view} alone={layout !== "grid"} onReset={onReset} />
      ))}
    </div>
  );
}

interface FrameProps {
  readonly view: View;
  readonly alone: boolean;
  readonly onReset: () => void;
}

function Frame({ view, alone, onReset }: FrameProps) {
  const title = view === "render" ? "3D" : planes[view].title;
  const grow = alone ? "Show all four views" : `Enlarge ${title}`;
  return (
    <section className="frame" aria-label={title}>
      <header>
        <span className="frame-title" style={{ color: view === "render" ? undefined : planes[view].colour }}>
          {title}
        </span>
        {view !== "render" && <SliceNumber plane={view} />}
        <span className="frame-tools">
          <Tooltip label="Zoom and pan as at the beginning">
            <ActionIcon size="sm" variant="subtle" color="gray" aria-label={`Reset zoom (${title})`} onClick={onReset}>
              <IconFocusCentered size={15} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label={grow}>
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              aria-label={grow}
              onClick={() => setView({ layout: alone ? "grid" : view })}
            >
              {alone ? <IconArrowsMinimize size={15} /> : <IconArrowsMaximize size={15} />}
            </ActionIcon>
          </Tooltip>
        </span>
      </header>
    </section>
  );
}

function SliceNumber({ plane }: { readonly plane: Plane }) {
  const slice = useApp((state) => state.view.slices?.[plane]);
  if (!slice) return null;
  return (
    <span className="frame-slice">
      {slice.at} / {slice.of}
    </span>
  );
}
