import type { View } from "@septum/protocol";
import type { Vec3 } from "@septum/volume";
import type { Layout } from "../viewer/planes.ts";
import type { Window } from "../viewer/window.ts";
import type { Editing, SegmentLook } from "./editing.ts";
import type { AppState } from "./store.ts";

/** How a session is looked at, as far as it is brought back after a reload or on another computer. */
export interface KeptView {
  readonly view: Partial<Pick<AppState["view"], "layout" | "window" | "opacity" | "masksShown">>;
  readonly editing: Partial<Pick<Editing, "style" | "radiological" | "promptsShown" | "looks" | "active">>;
  readonly cross?: Vec3;
}

/** More segments than these look as they do at first. */
const mostLooks = 300;

/** As kept on the server: an object in the words of its API. */
export function viewToKeep({ view, imageRevision }: AppState, editing: Editing): View {
  return {
    image_revision: imageRevision,
    layout: view.layout,
    window: [view.window.lower, view.window.upper],
    opacity: view.opacity,
    masks_shown: view.masksShown,
    style: editing.style,
    radiological: editing.radiological,
    prompts_shown: editing.promptsShown,
    looks: Object.fromEntries(
      Object.entries(editing.looks)
        .filter(([, { shown, opacity }]) => !shown || opacity < 1)
        .slice(0, mostLooks)
        .map(([label, { shown, opacity }]) => [label, [shown, opacity]]),
    ),
    ...(editing.active !== undefined && { active: editing.active }),
    ...(view.cross && { cross: [...view.cross] }),
  };
}

/** What can be used of a kept view; anything in it may be of another version. What belongs to another image is left out. */
export function keptView(kept: View, imageRevision: number): KeptView {
  const sameImage = kept.image_revision === imageRevision;
  const cross = triple(kept.cross);
  const window = sameImage ? windowOf(kept.window) : undefined;
  return {
    view: defined({
      layout: oneOf<Layout>(kept.layout, ["grid", "axial", "coronal", "sagittal", "render", "three"]),
      window,
      opacity: fraction(kept.opacity),
      masksShown: flag(kept.masks_shown),
    }),
    editing: defined({
      style: oneOf(kept.style, ["fill", "outline", "both"]),
      radiological: flag(kept.radiological),
      promptsShown: flag(kept.prompts_shown),
      looks: sameImage ? looksOf(kept.looks) : undefined,
      active: sameImage && typeof kept.active === "number" ? kept.active : undefined,
    }),
    ...(sameImage && cross && { cross }),
  };
}

function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function oneOf<T extends string>(value: unknown, known: readonly T[]): T | undefined {
  return known.find((one) => one === value);
}

function flag(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

function fraction(value: unknown): number | undefined {
  return typeof value === "number" && value >= 0 && value <= 1 ? value : undefined;
}

function triple(value: unknown): Vec3 | undefined {
  if (!Array.isArray(value) || value.length !== 3 || !value.every(Number.isInteger)) return undefined;
  return [value[0], value[1], value[2]];
}

function windowOf(value: unknown): Window | undefined {
  if (!Array.isArray(value)) return undefined;
  const [lower, upper] = value;
  return typeof lower === "number" && typeof upper === "number" && lower < upper ? { lower, upper } : undefined;
}

function looksOf(value: unknown): Record<number, SegmentLook> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const looks: Record<number, SegmentLook> = {};
  for (const [label, look] of Object.entries(value)) {
    if (!Array.isArray(look)) continue;
    const [shown, opacity] = [flag(look[0]), fraction(look[1])];
    if (shown !== undefined && opacity !== undefined) looks[Number(label)] = { shown, opacity };
  }
  return looks;
}
