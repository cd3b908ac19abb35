import type { Vec3 } from "@septum/volume";
import { useEffect, useRef, useState } from "react";
import { editing, nextSign } from "../state/editing.ts";
import { pickSegment } from "../state/pick.ts";
import { mark } from "../state/point-actions.ts";
import { report } from "../state/problems.ts";
import { addPrompt } from "../state/prompt-actions.ts";
import { setView, store } from "../state/store.ts";
import { showInTestHook } from "../test-hook.ts";
import { createAppHand } from "../tools/app-hand.ts";
import { type ConnectedViewer, connectViewer } from "./connect.ts";
import { createViewer } from "./create-viewer.ts";
import { Frames } from "./frames.tsx";
import { labelsChanged } from "./label-changes.ts";
import type { Plane } from "./planes.ts";
import type { Viewer, ViewerEvents } from "./viewer.ts";

/** What a click would do there, for those who work by keys. */
function pressAt(voxel: Vec3): void {
  const state = editing.getState();
  if (state.tool === "mark") void mark(voxel);
  else if (state.tool === "pick") void pickSegment(voxel);
  else if (state.tool === "point") void addPrompt({ kind: "point", voxel, positive: nextSign(state) });
}

/** The four views of the scan. */
export function Stage() {
  const host = useRef<HTMLDivElement>(null);
  const viewer = useRef<Viewer>(undefined);
  const [shown, setShown] = useState<Viewer>();
  const [failure, setFailure] = useState<string>();
  /** The plane that keys act on: the one last clicked in. */
  const plane = useRef<Plane>("axial");

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const events: ViewerEvents = {
      onLocation: (cross, slices) => setView({ cross, slices, value: viewer.current?.valueAt(cross) }),
      onTouch: (touched) => {
        plane.current = touched;
      },
      onAsk: (voxel) => void pickSegment(voxel),
      onLabels: labelsChanged,
      onLost: () => setFailure("The browser stopped drawing with the graphics card. Reload the page: nothing is lost."),
      onWindow: (window) => setView({ window }),
    };
    let connected: ConnectedViewer | undefined;
    const hand = createAppHand(
      () => viewer.current,
      (box) => connected?.readAgain(box),
    );
    try {
      const made = createViewer(element, events, hand);
      viewer.current = made;
      setShown(made);
      connected = connectViewer(made);
      showInTestHook(made);
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
      report(error, "draw scans in this browser");
    }
    return () => {
      connected?.stop();
      viewer.current?.dispose();
      viewer.current = undefined;
      showInTestHook(undefined);
    };
  }, []);

  const onKeyDown = (event: React.KeyboardEvent) => {
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
    else if (event.key === "Enter" && shown.cross) pressAt(shown.cross);
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
        aria-label="Scan in axial, coronal, sagittal and 3D view. Arrow keys move the crosshair, Page Up and Page Down change the slice, Enter does what a click does."
        onKeyDown={onKeyDown}
      />
      {failure ? <p className="stage-failure">{failure}</p> : <Frames viewer={shown} />}
    </div>
  );
}
