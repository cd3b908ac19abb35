import { type Editing, editing, lookOf, type SegmentLook, type Tool } from "./editing.ts";
import { store } from "./store.ts";

export function setTool(tool: Tool): void {
  editing.setState({ tool });
  store.setState({ selected: undefined });
}

export function setBrush(change: Partial<Editing["brush"]>): void {
  editing.setState(({ brush }) => ({ brush: { ...brush, ...change } }));
}

/** Smallest and largest radius of the brush in mm. */
export const brushRadius = { least: 0.5, largest: 60 } as const;

/** A tenth thinner or thicker, and at least half a millimetre: as fine as the brush is small. */
export function nudgeBrush(way: -1 | 1): void {
  const { radiusMm } = editing.getState().brush;
  const step = Math.max(0.5, Math.round(radiusMm / 5) / 2);
  const next = Math.round(2 * (radiusMm + way * step)) / 2;
  setBrush({ radiusMm: Math.min(brushRadius.largest, Math.max(brushRadius.least, next)) });
}

export function setLook(label: number, change: Partial<SegmentLook>): void {
  editing.setState((state) => ({ looks: { ...state.looks, [label]: { ...lookOf(state, label), ...change } } }));
}

/** Shows one segment alone, or, when it is alone already, all of them. */
export function showAlone(label: number): void {
  const { segments } = store.getState();
  editing.setState((state) => {
    const others = segments.filter((segment) => segment.label !== label);
    const alone = others.every((other) => !lookOf(state, other.label).shown);
    const looks = { ...state.looks, [label]: { ...lookOf(state, label), shown: true } };
    for (const other of others) looks[other.label] = { ...lookOf(state, other.label), shown: alone };
    return { looks };
  });
}
