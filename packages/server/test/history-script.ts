import type { Vec3 } from "@septum/volume";
import fc from "fast-check";
import { expect } from "vitest";
import { changeLabel } from "../src/sessions/labels.ts";
import { clearPoints, markPoint, removePoint, removeSegment } from "../src/sessions/points.ts";
import { predictObject } from "../src/sessions/predict.ts";
import { runPoints } from "../src/sessions/run.ts";
import { applyPrompt, changePrompt, resetObject } from "../src/sessions/segments.ts";
import type { Session } from "../src/sessions/session.ts";
import { travel, undoObject } from "../src/sessions/travel.ts";
import {
  at,
  type Model,
  type Part,
  type Picture,
  type PointPrompt,
  sameVoxel,
  sorted,
  withObject,
  without,
} from "./history-model.ts";

/** What a person did, with its numbers still to be fitted to what there is. */
export type Action =
  | { type: "mark"; number: number; voxel: Vec3 }
  | { type: "unmark" | "clear" | "run" | "runOne" | "reset" | "remove" | "undoObject" | "predict"; label: number }
  | { type: "prompt"; label: number; voxel: Vec3; positive: boolean; later?: "waits" }
  | { type: "dropPrompt" | "flipPrompt" | "movePrompt"; label: number; place: number; voxel: Vec3 }
  | { type: "name" | "color"; label: number; value: string | null }
  | { type: "undo" | "redo" | "rest" | "reopen" };

export const signal = new AbortController().signal;
export const options = { predict: true, autozoom: true, signal };

/** Does to the session what was asked, and says to the model what that was; nothing when it makes no sense now. */
export async function act(session: Session, model: Model, action: Action): Promise<void> {
  const before = model.picture();
  const label = "label" in action ? action.label : 0;
  const prompts = before.objects.get(label);
  const replace = async (next: readonly PointPrompt[], part: Partial<Part> = {}) =>
    model.record([{ label, do: (picture) => withObject(picture, label, next), ...part }]);
  switch (action.type) {
    case "mark": {
      const { number, voxel } = action;
      await markPoint(session, voxel, number);
      if (sameVoxel(before.points.get(number), voxel)) return;
      model.record([{ do: (picture) => ({ ...picture, points: new Map([...picture.points, [number, voxel]]) }) }]);
      return;
    }
    case "unmark":
      if (!before.points.has(label)) return;
      await removePoint(session, label, { signal });
      model.record([{ do: (picture) => without(picture, [label]) }]);
      return;
    case "clear": {
      await clearPoints(session, { signal });
      const labels = [...before.points.keys()];
      if (labels.length > 0) model.record([{ do: (picture) => without(picture, labels) }]);
      return;
    }
    case "remove":
      if (!prompts) return;
      await removeSegment(session, label, { signal });
      model.record([{ do: (picture) => without(picture, [label]) }]);
      return;
    case "run":
    case "runOne": {
      const chosen = sorted(before.points).filter(([number]) => action.type === "run" || number === label);
      if (chosen.length === 0) return;
      await runPoints(session, action.type === "run" ? undefined : [label], signal);
      const parts = chosen.flatMap(([number, voxel]): Part[] => {
        const first = before.objects.get(number)?.[0];
        if (first?.positive && sameVoxel(first.voxel, voxel)) return [];
        const made = [at(voxel)];
        return [{ label: number, creates: !before.objects.has(number), do: (one) => withObject(one, number, made) }];
      });
      if (parts.length > 0) model.record(parts);
      return;
    }
    case "prompt": {
      const { positive, later } = action;
      const prompt = { ...at(action.voxel), positive };
      await applyPrompt(session, label, prompt, prompt, { ...options, predict: later === undefined });
      return replace([...(prompts ?? []), { ...prompt, later }], { creates: !prompts });
    }
    case "predict": {
      const last = prompts?.at(-1);
      if (!prompts || !last) return;
      const { passes } = await predictObject(session, label, { autozoom: true, full: false, signal });
      expect(passes > 0).toBe(last.later === "waits");
      if (passes > 0) model.extend(label, prompts.with(-1, { ...last, later: "predicted" }));
      return;
    }
    case "reset":
      if (!prompts) return;
      await resetObject(session, label, { signal });
      return replace([]);
    case "dropPrompt":
    case "flipPrompt":
    case "movePrompt": {
      if (!prompts?.length) return;
      const n = action.place % prompts.length;
      const old = prompts[n];
      const next = {
        ...old,
        ...(action.type === "flipPrompt" ? { positive: !old.positive } : { voxel: action.voxel }),
      };
      const { later: _, ...said } = next;
      const edit =
        action.type === "flipPrompt"
          ? ({ type: "sign", at: n, positive: next.positive } as const)
          : ({ type: "replace", at: n, prompt: said } as const);
      const plan = () => (action.type === "dropPrompt" ? null : { summary: said, edit, name: "changed" });
      await changePrompt(session, label, n, plan, { signal });
      return replace(action.type === "dropPrompt" ? prompts.toSpliced(n, 1) : prompts.with(n, next));
    }
    case "name":
    case "color": {
      if (!before.points.has(label) && !before.objects.has(label)) return;
      const { type, value } = action;
      await changeLabel(session, label, { [type]: value });
      const { [type]: _, ...rest } = before.names.get(label) ?? {};
      const names = new Map(before.names).set(label, value === null ? rest : { ...rest, [type]: value });
      if (Object.keys(names.get(label)!).length === 0) names.delete(label);
      if (JSON.stringify(names.get(label)) === JSON.stringify(before.names.get(label))) return;
      const own = names.get(label);
      const set = (picture: Picture) => {
        const next = new Map(picture.names);
        if (own) next.set(label, own);
        else next.delete(label);
        return { ...picture, names: next };
      };
      model.record([{ do: set }]);
      return;
    }
    case "undoObject":
      if (!prompts) return;
      if (model.undoObject(label)) await undoObject(session, label, { signal });
      else await expect(undoObject(session, label, { signal })).rejects.toThrow(`Object ${label} has nothing to undo`);
      return;
    case "undo":
    case "redo":
      if (model[action.type]()) await travel(session, action.type, { signal });
      else await expect(travel(session, action.type, { signal })).rejects.toThrow(`There is nothing to ${action.type}`);
      return;
    case "rest":
      session.rest();
  }
}

const voxels: fc.Arbitrary<Vec3> = fc.constantFrom<Vec3[]>([3, 3, 3], [5, 5, 4], [8, 6, 2], [9, 2, 6]);
const labels = fc.integer({ min: 1, max: 3 });
/** Any of them, on three labels and four voxels. */
export const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant("mark" as const), number: labels, voxel: voxels }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("prompt" as const),
      label: labels,
      voxel: voxels,
      positive: fc.boolean(),
      later: fc.constantFrom(undefined, undefined, "waits" as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("predict" as const), label: labels }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constantFrom("unmark", "clear", "run", "run", "runOne", "reset", "remove", "undoObject", "undoObject"),
      label: labels,
    }) as fc.Arbitrary<Action>,
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constantFrom("dropPrompt", "flipPrompt", "movePrompt"),
      label: labels,
      place: fc.nat({ max: 9 }),
      voxel: voxels,
    }) as fc.Arbitrary<Action>,
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constantFrom("name", "color"),
      label: labels,
      value: fc.constantFrom("#a0b0c0", "#000000", null),
    }) as fc.Arbitrary<Action>,
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constantFrom("undo", "undo", "redo") }) as fc.Arbitrary<Action> },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom("rest", "reopen") }) as fc.Arbitrary<Action> },
);
