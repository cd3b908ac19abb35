import { useEditing } from "../state/editing.ts";
import { useApp } from "../state/store.ts";
import { DisplayPanel } from "./display-panel.tsx";
import { PointPanel } from "./point-panel.tsx";
import { RunPanel } from "./run-panel.tsx";
import { SegmentList } from "./segment-list.tsx";
import { WindowPanel } from "./window-panel.tsx";

export function SidePanel() {
  const marking = useEditing((state) => state.tool === "mark");
  const points = useApp((state) => state.points.length > 0);
  return (
    <aside className="panel" aria-label="Segmentation">
      {(marking || points) && <PointPanel />}
      {marking && <RunPanel />}
      <SegmentList />
      <DisplayPanel />
      <WindowPanel />
    </aside>
  );
}
