import { useEffect, useRef, useState } from "react";
import { mark } from "../state/point-actions.ts";
import { report } from "../state/problems.ts";
import { setView, store } from "../state/store.ts";
import { showInTestHook } from "../test-hook.ts";
import { connectViewer } from "./connect.ts";
import { createViewer } from "./create-viewer.ts";
import { Frames } from "./frames.tsx";
import type { Plane } from "./planes.ts";
import type { Viewer, ViewerEvents } from "./viewer.ts";

/** The four views of the scan. */
export function Stage() {
  const host = useRef<HTMLDivElement>(null);
  const viewer = useRef<Viewer>(undefined);
  const [failure, setFailure] = useState<string>();
  /** The plane that keys act on: the one last clicked in. */
  const plane = useRef<Plane>("axial");

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    let disposed = false;
    let disconnect = () => {};
    const events: ViewerEvents = {
      onLocation: (cross, slices) => setView({ cross, slices, value: viewer.current?.valueAt(cross) }),
      onPick(voxel, picked) {
        plane.current = picked;
        if (store.getState().tool === "mark") void mark(voxel);
      },
      onLost: () => setFailure("The browser stopped drawing with the graphics card. Reload the page: nothing is lost."),
      onWindow: (window) => setView({ window }),
    };
    createViewer(element, events).then(
      (made) => {
        if (disposed) return made.dispose();
        viewer.current = made;
        disconnect = connectViewer(made);
        showInTestHook(made);
      },
      (error: unknown) => {
        if (disposed) return;
        setFailure(error instanceof Error ? error.message : String(error));
        report(error, "draw scans in this browser");
      },
    );
    return () => {
      disposed = true;
      disconnect();
      viewer.current?.dispose();
      viewer.current = undefined;
      showInTestHook(undefined);
    };
  }, []);

  const onKeyDown = (event: React.KeyboardEvent) => {
    const shown = viewer.current;
    const { layout } = store.getState().view;
    const active = layout === "grid" || layout === "three" || layout === "render" ? plane.current : layout;
    if (!shown || event.ctrlKey || event.altKey || event.metaKey) return;
    const step = event.shiftKey ? 10 : 1;
    const moves: Readonly<Record<string, readonly [number, number, number]>> = {
      ArrowLeft: [-step, 0, 0],
      ArrowRight: [step, 0, 0],
      ArrowUp: [0, step, 0],
      ArrowDown: [0, -step, 0],
      PageUp: [0, 0, step],
      PageDown: [0, 0, -step],
    };
    const move = moves[event.key];
    if (move) shown.nudge(active, ...move);
    else if (event.key === "Enter" && shown.cross) void mark(shown.cross);
    else if (event.key === "Home") shown.resetCamera();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="stage" data-testid="stage">
      <div
        ref={host}
        className="stage-host"
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the viewer takes keys, as its label says
        tabIndex={0}
        aria-label="Scan in axial, coronal, sagittal and 3D view. Arrow keys move the crosshair, Page Up and Page Down change the slice, Enter marks a point."
        onKeyDown={onKeyDown}
      />
      {failure ? <p className="stage-failure">{failure}</p> : <Frames onReset={() => viewer.current?.resetCamera()} />}
    </div>
  );
}
