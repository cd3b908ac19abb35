import type { Prompt } from "@septum/segment";
import type { Vec3 } from "@septum/volume";

/** A point; `later` when it was added without predicting, and whether that was made up for. */
export type PointPrompt = Extract<Prompt, { kind: "point" }> & { readonly later?: "waits" | "predicted" };

/** What the session should be: the simplest thing that can be replayed. */
export interface Picture {
  readonly points: ReadonlyMap<number, Vec3>;
  readonly objects: ReadonlyMap<number, readonly PointPrompt[]>;
  readonly names: ReadonlyMap<number, { name?: string; color?: string }>;
}

/** Part of a step: of one object (`label`), or of what is not an object. */
export interface Part {
  readonly label?: number;
  readonly creates?: boolean;
  /** The object is made by it but not drawn into. */
  readonly empty?: boolean;
  readonly do: (picture: Picture) => Picture;
}

/** The history by its definition: a list of steps, and the state is what they come to from nothing. */
export function createModel() {
  let undo: (readonly Part[])[] = [];
  let redo: (readonly Part[])[] = [];
  const nothing: Picture = { points: new Map(), objects: new Map(), names: new Map() };
  const picture = () => undo.flat().reduce((before, part) => part.do(before), nothing);
  return {
    picture,
    sizes: () => [undo.length, redo.length],
    record(parts: readonly Part[]) {
      undo = [...undo, parts];
      redo = [];
    },
    /** What was just said to the object had this outcome instead; a step of its own when something else was done since. */
    extend(label: number, prompts: readonly PointPrompt[]) {
      const outcome = (picture: Picture) => withObject(picture, label, prompts);
      const last = undo.at(-1) ?? [];
      const part = last.find((one) => one.label === label && !one.empty);
      const before = undo
        .slice(0, -1)
        .flat()
        .reduce((before, one) => one.do(before), nothing);
      const said = (picture: Picture) =>
        JSON.stringify(picture.objects.get(label)?.map(({ voxel, positive }) => [voxel, positive]) ?? []);
      undo =
        part && said(before) !== said(picture())
          ? undo.with(-1, last.with(last.indexOf(part), { ...part, do: outcome }))
          : [...undo, [{ label, do: outcome }]];
      redo = [];
    },
    undo: () => {
      const step = undo.at(-1);
      if (step) [undo, redo] = [undo.slice(0, -1), [...redo, step]];
      return step !== undefined;
    },
    redo: () => {
      const step = redo.at(-1);
      if (step) [undo, redo] = [[...undo, step], redo.slice(0, -1)];
      return step !== undefined;
    },
    undoObject(label: number) {
      for (let place = undo.length - 1; place >= 0; place--) {
        const part = undo[place].find((one) => one.label === label);
        if (part?.empty) return false;
        if (!part) continue;
        const making: Part = { label, creates: true, empty: true, do: (before) => withObject(before, label, []) };
        const rest = undo[place].flatMap((one) => (one !== part ? [one] : part.creates ? [making] : []));
        undo = undo.toSpliced(place, 1, ...(rest.length > 0 ? [rest] : []));
        redo = [...redo, [{ ...part, creates: false }]];
        return true;
      }
      return false;
    },
  };
}

export type Model = ReturnType<typeof createModel>;

export function withObject(picture: Picture, label: number, prompts: readonly PointPrompt[]): Picture {
  return { ...picture, objects: new Map([...picture.objects, [label, prompts]]) };
}

export function without(picture: Picture, labels: readonly number[]): Picture {
  const left = <T>(map: ReadonlyMap<number, T>) => new Map([...map].filter(([label]) => !labels.includes(label)));
  const [points, objects] = [left(picture.points), left(picture.objects)];
  const used = (label: number) => points.has(label) || objects.has(label);
  return { points, objects, names: new Map([...picture.names].filter(([label]) => used(label))) };
}

export const at = ([i, j, k]: Vec3): PointPrompt => ({ kind: "point", voxel: [i, j, k], positive: true });
export const sameVoxel = (a: Vec3 | undefined, b: Vec3) => a?.every((index, axis) => index === b[axis]);
export const sorted = <T>(map: ReadonlyMap<number, T>) => [...map].sort(([a], [b]) => a - b);
