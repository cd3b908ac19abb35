import { labelColor } from "@septum/protocol";
import { useEffect, useRef } from "react";
import { lookOf, useEditing } from "../state/editing.ts";
import { useApp } from "../state/store.ts";
import { useLabelChanges } from "./label-changes.ts";
import { type Plane, planes } from "./planes.ts";
import { slicePresence } from "./presence-map.ts";
import type { Viewer } from "./viewer.ts";

/** Width in CSS pixels: the other segments at the left, the active one at the right. */
const width = 14;
const othersWidth = 4;

/** All slices of a plane from top to bottom: where segments lie, which slice is shown, and a slider to go elsewhere. */
export function SliceStrip({ viewer, plane }: { readonly viewer: Viewer; readonly plane: Plane }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const slice = useApp((state) => state.view.slices?.[plane]);
  const segments = useApp((state) => state.segments);
  const looks = useEditing((state) => state.looks);
  const active = useEditing((state) => state.active);
  const changes = useLabelChanges();
  const title = planes[plane].title;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `changes` says that the tallies are others now
  useEffect(() => {
    const { current } = canvas;
    const { grid } = viewer;
    if (!current || !grid) return;
    const colours = new Map(segments.map(({ label, color }) => [label, color]));
    const isShown = (label: number) => lookOf({ looks }, label).shown;
    const presence = slicePresence(viewer.tallies(), grid, plane, active, isShown);
    paint(current, presence.others, presence.active, (label) => colours.get(label) ?? labelColor(label), active);
  }, [viewer, plane, segments, looks, active, changes]);

  if (!slice) return null;
  const go = (at: number) => viewer.goToSlice(plane, Math.min(slice.of - 1, Math.max(0, at)));
  /** Slices are counted upwards, as the body stands. */
  const goByPointer = (event: React.PointerEvent<HTMLDivElement>) => {
    const { top, height } = event.currentTarget.getBoundingClientRect();
    go(Math.floor((1 - (event.clientY - top) / height) * slice.of));
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const steps: Readonly<Record<string, number>> = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
    const step = steps[event.key];
    if (step !== undefined) go(slice.at - 1 + step);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(slice.of - 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      className="slice-strip"
      role="slider"
      tabIndex={0}
      aria-label={`${title} slice`}
      aria-orientation="vertical"
      aria-valuemin={1}
      aria-valuemax={slice.of}
      aria-valuenow={slice.at}
      data-testid={`strip-${plane}`}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        goByPointer(event);
      }}
      onPointerMove={(event) => event.buttons === 1 && goByPointer(event)}
    >
      <canvas ref={canvas} width={width} height={1} />
      <span className="slice-mark" style={{ bottom: `${(100 * (slice.at - 0.5)) / slice.of}%` }} />
    </div>
  );
}

/** One row of pixels per slice, the last slice on top; the strip stretches them. */
function paint(
  canvas: HTMLCanvasElement,
  others: Uint32Array,
  own: Uint32Array,
  colourOf: (label: number) => string,
  active: number | undefined,
): void {
  const count = own.length;
  canvas.height = count;
  // Drawn by the page itself: on a graphics card a few lines would wait for its pictures before.
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return;
  const fill = (slice: number, left: number, wide: number, colour: string) => {
    context.fillStyle = colour;
    context.fillRect(left, count - 1 - slice, wide, 1);
  };
  for (let slice = 0; slice < count; slice++) {
    if (others[slice] > 0) fill(slice, 1, othersWidth - 1, colourOf(others[slice]));
    if (own[slice] > 0 && active !== undefined) fill(slice, othersWidth + 1, width - othersWidth - 2, colourOf(active));
  }
}
