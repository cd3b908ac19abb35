import { ActionIcon, Tooltip } from "@mantine/core";
import { IconArrowsMaximize, IconArrowsMinimize, IconFocusCentered } from "@tabler/icons-react";
import type { CSSProperties } from "react";
import { setView, useApp } from "../state/store.ts";
import { placements } from "./layouts.ts";
import { type Plane, planes, type View } from "./planes.ts";
import { SliceStrip } from "./slice-strip.tsx";
import type { Viewer } from "./viewer.ts";

/** Names, slice numbers and buttons above the four views. */
export function Frames({ viewer }: { readonly viewer: Viewer | undefined }) {
  const layout = useApp((state) => state.view.layout);
  const frames = placements(layout);
  return (
    <div className="frames">
      {frames.map(({ view, position: [left, top, width, height] }) => (
        <Frame
          key={view}
          view={view}
          alone={frames.length === 1}
          place={{ left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * width}%`, height: `${100 * height}%` }}
          viewer={viewer}
        />
      ))}
    </div>
  );
}

interface FrameProps {
  readonly view: View;
  readonly alone: boolean;
  readonly place: CSSProperties;
  readonly viewer: Viewer | undefined;
}

function Frame({ view, alone, place, viewer }: FrameProps) {
  const title = view === "render" ? "3D" : planes[view].title;
  const grow = alone ? "Show all four views" : `Enlarge ${title}`;
  return (
    <section className="frame" aria-label={title} style={place}>
      <header>
        <span className="frame-title" style={{ color: view === "render" ? undefined : planes[view].colour }}>
          {title}
        </span>
        {view !== "render" && <SliceNumber plane={view} />}
        <span className="frame-tools">
          <Tooltip label="Zoom and pan as at the beginning">
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              aria-label={`Reset zoom (${title})`}
              onClick={() => viewer?.resetCamera()}
            >
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
      {viewer && view !== "render" && <SliceStrip viewer={viewer} plane={view} />}
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
