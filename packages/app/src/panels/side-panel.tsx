import { MaskPanel } from "./mask-panel.tsx";
import { PointPanel } from "./point-panel.tsx";
import { RunPanel } from "./run-panel.tsx";
import { WindowPanel } from "./window-panel.tsx";

export function SidePanel() {
  return (
    <aside className="panel" aria-label="Segmentation">
      <PointPanel />
      <RunPanel />
      <MaskPanel />
      <WindowPanel />
    </aside>
  );
}
