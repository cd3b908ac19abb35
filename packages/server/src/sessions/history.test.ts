import type { Prompt } from "@septum/segment";
import { memoryStore, type Store } from "@septum/store";
import type { Vec3 } from "@septum/volume";
import { wholeBox } from "@septum/volume";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Engine } from "../engine/engine.ts";
import { fakeEngine } from "../testing/fake-engine.ts";
import { size, startHarness } from "../testing/harness.ts";
import { segmenterEngine } from "../testing/segmenter-engine.ts";
import { keptKey, stepKey } from "./history.ts";
import { changeLabel } from "./labels.ts";
import { noLimits } from "./limits.ts";
import { clearPoints, markPoint, removePoint, removeSegment } from "./points.ts";
import { predictObject } from "./predict.ts";
import { runPoints } from "./run.ts";
import { applyPrompt, changePrompt, resetObject } from "./segments.ts";
import type { Session } from "./session.ts";
import { openSessions } from "./sessions.ts";
import { objectKey } from "./state.ts";
import { travel, undoObject } from "./travel.ts";

/** A point; `later` when it was added without predicting, and whether that was made up for. */
type PointPrompt = Extract<Prompt, { kind: "point" }> & { readonly later?: "waits" | "predicted" };

/** What a person did, with its numbers still to be fitted to what there is. */
type Action =
  | { type: "mark"; number: number; voxel: Vec3 }
  | { type: "unmark" | "clear" | "run" | "runOne" | "reset" | "remove" | "undoObject" | "predict"; label: number }
  | { type: "prompt"; label: number; voxel: Vec3; positive: boolean; later?: "waits" }
  | { type: "dropPrompt" | "flipPrompt" | "movePrompt"; label: number; place: number; voxel: Vec3 }
  | { type: "name" | "color"; label: number; value: string | null }
  | { type: "undo" | "redo" | "rest" | "reopen" };

/** What the session should be: the simplest thing that can be replayed. */
interface Picture {
  readonly points: ReadonlyMap<number, Vec3>;
  readonly objects: ReadonlyMap<number, readonly PointPrompt[]>;
  readonly names: ReadonlyMap<number, { name?: string; color?: string }>;
}

/** Part of a step: of one object (`label`), or of what is not an object. */
interface Part {
  readonly label?: number;
  readonly creates?: boolean;
  /** The object is made by it but not drawn into. */
  readonly empty?: boolean;
  readonly do: (picture: Picture) => Picture;
}

/** The history by its definition: a list of steps, and the state is what they come to from nothing. */
function createModel() {
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
    /** What was done to the object last had this outcome instead. */
    extend(label: number, prompts: readonly PointPrompt[]) {
      const place = undo.findLastIndex((step) => step.some((part) => part.label === label && !part.empty));
      const outcome = (picture: Picture) => withObject(picture, label, prompts);
      undo = undo.with(
        place,
        undo[place].map((part) => (part.label === label ? { ...part, do: outcome } : part)),
      );
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

type Model = ReturnType<typeof createModel>;

function withObject(picture: Picture, label: number, prompts: readonly PointPrompt[]): Picture {
  return { ...picture, objects: new Map([...picture.objects, [label, prompts]]) };
}

function without(picture: Picture, labels: readonly number[]): Picture {
  const left = <T>(map: ReadonlyMap<number, T>) => new Map([...map].filter(([label]) => !labels.includes(label)));
  const [points, objects] = [left(picture.points), left(picture.objects)];
  const used = (label: number) => points.has(label) || objects.has(label);
  return { points, objects, names: new Map([...picture.names].filter(([label]) => used(label))) };
}

const at = ([i, j, k]: Vec3): PointPrompt => ({ kind: "point", voxel: [i, j, k], positive: true });
const sameVoxel = (a: Vec3 | undefined, b: Vec3) => a?.every((index, axis) => index === b[axis]);
const sorted = <T>(map: ReadonlyMap<number, T>) => [...map].sort(([a], [b]) => a - b);

/** A session that can be let go and opened anew from its store at any time. */
async function openBench(engine: Engine, store: Store = memoryStore()) {
  const harness = await startHarness({ store });
  const id = await harness.loaded();
  await harness.app.close();
  const find = async () => {
    const sessions = await openSessions({
      store,
      engine,
      now: () => 0,
      maxImageBytes: 2 ** 30,
      limits: noLimits,
      memoryBudget: 2 ** 30,
      lifetimeMs: Number.POSITIVE_INFINITY,
      restMs: Number.POSITIVE_INFINITY,
      onError(error) {
        throw error;
      },
    });
    return sessions.find(id);
  };
  const keys = new Set<string>();
  const { commit } = store;
  store.commit = async (change) => {
    await commit(change);
    for (const key of change.remove ?? []) keys.delete(key);
    for (const key of change.put?.keys() ?? []) keys.add(key);
  };
  return { find, keys };
}

const signal = new AbortController().signal;
const options = { predict: true, autozoom: true, signal };

/** Does to the session what was asked, and says to the model what that was; nothing when it makes no sense now. */
async function act(session: Session, model: Model, action: Action): Promise<void> {
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
      await removePoint(session, label, signal);
      model.record([{ do: (picture) => without(picture, [label]) }]);
      return;
    case "clear": {
      await clearPoints(session, signal);
      const labels = [...before.points.keys()];
      if (labels.length > 0) model.record([{ do: (picture) => without(picture, labels) }]);
      return;
    }
    case "remove":
      if (!prompts) return;
      await removeSegment(session, label, signal);
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
      await resetObject(session, label, signal);
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
      await changePrompt(session, label, n, plan, signal);
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
      if (model.undoObject(label)) await undoObject(session, label, signal);
      else await expect(undoObject(session, label, signal)).rejects.toThrow(`Object ${label} has nothing to undo`);
      return;
    case "undo":
    case "redo":
      if (model[action.type]()) await travel(session, action.type, signal);
      else await expect(travel(session, action.type, signal)).rejects.toThrow(`There is nothing to ${action.type}`);
      return;
    case "rest":
      session.rest();
  }
}

/** What the store should hold besides the record, no more and no less; an object has further parts behind a slash. */
function keysOf(session: Session): string[] {
  const { state } = session;
  const { undo, redo } = state.history;
  const kept = (ids: readonly { id: number }[], side: "before" | "after") =>
    ids.flatMap(({ id }) =>
      session
        .step(id)
        .segments.filter((segment) => segment[side] === undefined)
        .map(({ label }) => keptKey(id, label)),
    );
  const steps = [...undo, ...redo].map(({ id }) => stepKey(id));
  const objects = state.segments.map(({ label }) => objectKey(label));
  return [...objects, ...steps, ...kept(undo, "after"), ...kept(redo, "before")].sort();
}

async function compare(session: Session, model: Model, keys: ReadonlySet<string>): Promise<void> {
  expect([...new Set([...keys].map((key) => key.split("/", 1)[0]))].sort()).toEqual(keysOf(session));
  const { state } = session;
  const picture = model.picture();
  expect(state.points).toEqual(sorted(picture.points).map(([number, voxel]) => ({ number, voxel })));
  const drawn = sorted(picture.objects).map(([label, prompts]) => [label, prompts.map(({ later, ...said }) => said)]);
  expect(state.segments.map(({ label, prompts }) => [label, prompts])).toEqual(drawn);
  expect(state.labels).toEqual(sorted(picture.names).map(([label, own]) => ({ label, ...own })));
  expect([state.history.undo.length, state.history.redo.length]).toEqual(model.sizes());
  await session.useImage(async (opened) => {
    for (const { label, voxels } of state.segments) {
      const object = await opened.object(label);
      const fresh = await opened.image.object(1000 + label);
      for (const { later, ...prompt } of picture.objects.get(label)!) {
        await fresh.apply(prompt, { owner: "", predict: later === undefined });
        if (later === "predicted") await fresh.predict({ owner: "" });
      }
      expect([object.prompts, object.voxels, voxels]).toEqual([fresh.prompts, fresh.voxels, fresh.voxels]);
      expect(await object.maskBits(wholeBox(size))).toEqual(await fresh.maskBits(wholeBox(size)));
      opened.image.removeObject(1000 + label);
    }
  });
}

const voxels: fc.Arbitrary<Vec3> = fc.constantFrom<Vec3[]>([3, 3, 3], [5, 5, 4], [8, 6, 2], [9, 2, 6]);
const labels = fc.integer({ min: 1, max: 3 });
const actions: fc.Arbitrary<Action> = fc.oneof(
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

describe("a session's history", () => {
  const engines: [string, () => Engine, number, number][] = [
    ["an engine in plain memory", fakeEngine, 40, 25],
    ["real segmenters over a stub network", segmenterEngine, 16, 6],
  ];
  test.each(engines)(
    "is what its definition says after any script with %s",
    async (_, engineOf, maxLength, numRuns) => {
      await fc.assert(
        fc.asyncProperty(fc.array(actions, { minLength: 10, maxLength }), async (script) => {
          const bench = await openBench(engineOf());
          const model = createModel();
          let session = await bench.find();
          for (const action of script) {
            if (action.type === "reopen") session = await bench.find();
            else await act(session, model, action);
            await compare(session, model, bench.keys);
          }
          while (model.undo()) await travel(session, "undo", signal);
          await compare(session, model, bench.keys);
          while (model.redo()) await travel(session, "redo", signal);
          await compare(session, model, bench.keys);
        }),
        { numRuns },
      );
    },
    240_000,
  );

  test("does not take the last prompt of an earlier object of the same label for this one's", async () => {
    const bench = await openBench(fakeEngine());
    const model = createModel();
    const session = await bench.find();
    const prompt: Action = { type: "prompt", label: 1, voxel: [3, 3, 3], positive: true };
    const again: Action = { type: "undoObject", label: 1 };
    for (const action of [prompt, prompt, { type: "remove", label: 1 }, prompt, again, again] as const) {
      await act(session, model, action);
      await compare(session, model, bench.keys);
    }
  });

  test("goes back to before a point that was marked while an undo waited for its turn", async () => {
    const bench = await openBench(fakeEngine());
    const session = await bench.find();
    const prompt = at([3, 3, 3]);
    await applyPrompt(session, 1, prompt, prompt, options);
    const [undone] = await Promise.all([travel(session, "undo", signal), markPoint(session, [5, 5, 4], 2)]);
    expect(undone.step.name).toBe("marked point 2");
    expect([session.state.points, session.state.segments.length]).toEqual([[], 1]);
  });
});
