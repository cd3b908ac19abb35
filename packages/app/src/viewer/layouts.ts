import { type Layout, planeNames, type View } from "./planes.ts";

/** Where a view stands, as fractions of the picture. */
export interface Placement {
  readonly view: View;
  readonly position: readonly [left: number, top: number, width: number, height: number];
}

/** Four views in two rows, the three planes side by side, or one view alone. */
export function placements(layout: Layout): readonly Placement[] {
  if (layout === "grid") {
    return [
      { view: "axial", position: [0, 0, 0.5, 0.5] },
      { view: "coronal", position: [0.5, 0, 0.5, 0.5] },
      { view: "sagittal", position: [0, 0.5, 0.5, 0.5] },
      { view: "render", position: [0.5, 0.5, 0.5, 0.5] },
    ];
  }
  if (layout === "three") {
    const third = 1 / planeNames.length;
    return planeNames.map((view, n) => ({ view, position: [n * third, 0, third, 1] }));
  }
  return [{ view: layout, position: [0, 0, 1, 1] }];
}
