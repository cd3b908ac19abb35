import { memoryStore } from "@septum/store";
import { wholeBox } from "@septum/volume";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { at, createModel, type Model, sorted } from "../../test/history-model.ts";
import { type Action, act, actions, options, signal } from "../../test/history-script.ts";
import type { Engine } from "../engine/engine.ts";
import { fakeEngine } from "../testing/fake-engine.ts";
import { size } from "../testing/harness.ts";
import { keptSession } from "../testing/kept-session.ts";
import { segmenterEngine } from "../testing/segmenter-engine.ts";
import { keptKey, stepKey } from "./history.ts";
import { markPoint } from "./points.ts";
import { applyPrompt } from "./segments.ts";
import type { Session } from "./session.ts";
import { objectKey } from "./state.ts";
import { travel } from "./travel.ts";

/** A session that can be let go and opened anew from its store at any time, and the keys that the store holds. */
async function openBench(engine: Engine) {
  const store = memoryStore();
  const find = await keptSession({ engine, store });
  const keys = new Set<string>();
  const { commit } = store;
  store.commit = async (change) => {
    await commit(change);
    for (const key of change.remove ?? []) keys.delete(key);
    for (const key of change.put?.keys() ?? []) keys.add(key);
  };
  return { find, keys };
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
          while (model.undo()) await travel(session, "undo", { signal });
          await compare(session, model, bench.keys);
          while (model.redo()) await travel(session, "redo", { signal });
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
    const [undone] = await Promise.all([travel(session, "undo", { signal }), markPoint(session, [5, 5, 4], 2)]);
    expect(undone.step.name).toBe("marked point 2");
    expect([session.state.points, session.state.segments.length]).toEqual([[], 1]);
  });
});
