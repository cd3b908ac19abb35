import type { EditBody, Others } from "@septum/protocol";
import { type Vec3, wholeBox } from "@septum/volume";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Engine } from "../engine/engine.ts";
import { fakeEngine } from "../testing/fake-engine.ts";
import { size } from "../testing/harness.ts";
import { keptSession } from "../testing/kept-session.ts";
import { segmenterEngine } from "../testing/segmenter-engine.ts";
import { editObject } from "./edits.ts";
import { changeLabel } from "./labels.ts";
import { predictObject } from "./predict.ts";
import { applyPrompt, changePrompt, resetObject } from "./segments.ts";
import type { Session } from "./session.ts";
import { findSegment, isLocked } from "./state.ts";
import { travel, undoObject } from "./travel.ts";

type Action =
  | { type: "prompt"; label: number; voxel: Vec3; positive: boolean; predict: boolean; others: Others }
  | { type: "edit"; label: number; body: EditBody; others: Others }
  | { type: "predict" | "flip" | "reset" | "undoObject"; label: number; others: Others }
  | { type: "lock"; label: number; locked: boolean }
  | { type: "rest" };

const signal = new AbortController().signal;

const openSession = async (engine: Engine) => (await keptSession({ engine }))();

async function act(session: Session, action: Action): Promise<void> {
  switch (action.type) {
    case "prompt": {
      const { label, voxel, positive, predict, others } = action;
      const prompt = { kind: "point", voxel, positive } as const;
      await applyPrompt(session, label, prompt, prompt, { predict, autozoom: true, others, signal });
      return;
    }
    case "predict":
      await predictObject(session, action.label, { autozoom: true, full: false, others: action.others, signal });
      return;
    case "edit":
      await editObject(session, action.label, action.body, { others: action.others, signal });
      return;
    case "flip": {
      const flipped = { type: "sign", at: 0, positive: false } as const;
      const plan = () => ({ summary: { kind: "point", positive: false } as const, edit: flipped, name: "flipped" });
      await changePrompt(session, action.label, 0, plan, { signal }, action.others);
      return;
    }
    case "reset":
      await resetObject(session, action.label, { signal });
      return;
    case "undoObject":
      await undoObject(session, action.label, { signal });
      return;
    case "lock":
      await changeLabel(session, action.label, { locked: action.locked });
      return;
    case "rest":
      session.rest();
  }
}

const refusals =
  /^(.* is locked, so that nothing changes it|There is no (object|prompt|island)|Object \d has nothing|Cannot .*)/;

/** Every object's mask, bit for bit, and what the session says of it. */
function masksOf(session: Session): Promise<Map<number, string>> {
  const { segments } = session.state;
  return session.useImage(async (opened) => {
    const masks = new Map<number, string>();
    for (const { label, voxels } of segments) {
      const object = await opened.object(label);
      const bits = await object.maskBits(wholeBox(size));
      expect([label, object.voxels, voxels]).toEqual([label, voxels, countOf(bits)]);
      masks.set(label, Buffer.from(bits).toString("hex"));
    }
    return masks;
  });
}

function countOf(bits: Uint8Array): number {
  return bits.reduce((sum, byte) => sum + byte.toString(2).replaceAll("0", "").length, 0);
}

const labels = fc.integer({ min: 1, max: 3 });
const others = fc.constantFrom<Others[]>("take", "take", "keep");
const voxels: fc.Arbitrary<Vec3> = fc.tuple(fc.nat(11), fc.nat(9), fc.nat(7));
const bodies: fc.Arbitrary<EditBody> = fc.oneof(
  fc.record({
    kind: fc.constant("paint" as const),
    add: fc.boolean(),
    shape: fc.constantFrom("disc" as const, "sphere" as const),
    axis: fc.constantFrom(0 as const, 1 as const, 2 as const),
    radius_mm: fc.float({ min: 1, max: 4, noNaN: true }),
    path: fc.array(fc.tuple(fc.nat(11), fc.nat(9), fc.nat(7)), { minLength: 1, maxLength: 3 }),
  }),
  fc.constantFrom<EditBody[]>(
    { kind: "grow", mm: 2 },
    { kind: "shrink", mm: 1 },
    { kind: "keep_largest" },
    { kind: "fill_holes" },
    { kind: "fill_between", axis: 2 },
    { kind: "smooth", method: "median", radius_mm: 2 },
    { kind: "smooth", method: "closing", radius_mm: 2 },
  ),
);
const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("prompt" as const),
      label: labels,
      voxel: voxels,
      positive: fc.constantFrom(true, true, false),
      predict: fc.constantFrom(true, true, false),
      others,
    }),
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("edit" as const), label: labels, body: bodies, others }) },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constantFrom("predict", "predict", "flip", "reset", "undoObject"),
      label: labels,
      others,
    }) as fc.Arbitrary<Action>,
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("lock" as const), label: labels, locked: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ type: "rest" as const }) },
);

describe("prompts and edits that take from others", () => {
  const engines = [
    ["an engine in plain memory", fakeEngine, 20, 25],
    ["real segmenters over a stub network", segmenterEngine, 12, 10],
  ] as const;
  test.each(engines)(
    "never change a locked object, and undo brings every mask back, bit for bit, with %s",
    async (_, engineOf, maxLength, numRuns) => {
      await fc.assert(
        fc.asyncProperty(fc.array(actions, { minLength: 5, maxLength }), async (script) => {
          const session = await openSession(engineOf());
          /** By the number of steps in effect; an object's own undo takes a step out from under others, and ends them. */
          let snapshots: Map<number, string>[] | undefined = [await masksOf(session)];
          for (const action of script) {
            const before = await masksOf(session);
            const { state } = session;
            const refused = await act(session, action).then(
              () => false,
              (error: Error) => {
                expect(error.message).toMatch(refusals);
                return true;
              },
            );
            const after = await masksOf(session);
            if (refused) expect(session.state).toEqual(state);
            for (const [label, mask] of before) if (isLocked(state, label)) expect(after.get(label)).toBe(mask);
            if (action.type === "undoObject" && !refused) snapshots = undefined;
            if (snapshots) snapshots[session.state.history.undo.length] = after;
          }
          const end = await masksOf(session);
          const steps = session.state.history.undo.length;
          if (snapshots) {
            for (let n = steps - 1; n >= 0; n--) {
              await travel(session, "undo", { signal });
              expect(await masksOf(session)).toEqual(snapshots[n]);
            }
            for (let n = 0; n < steps; n++) await travel(session, "redo", { signal });
            expect(await masksOf(session)).toEqual(end);
          }
        }),
        { numRuns },
      );
    },
    240_000,
  );

  test("leave voxels to one object only, when all of them take", async () => {
    const session = await openSession(segmenterEngine());
    const point = (i: number) => ({ kind: "point", voxel: [i, 4, 3], positive: true }) as const;
    for (const [n, i] of [3, 6, 8].entries()) {
      await applyPrompt(session, n + 1, point(i), point(i), { predict: true, autozoom: true, others: "take", signal });
    }
    await editObject(session, 2, { kind: "grow", mm: 3 }, { others: "take", signal });
    const masks = [...(await masksOf(session)).values()].map((hex) => Buffer.from(hex, "hex"));
    for (let n = 0; n < masks[0].length; n++) {
      expect([masks[0][n] & masks[1][n], masks[0][n] & masks[2][n], masks[1][n] & masks[2][n]]).toEqual([0, 0, 0]);
    }
    expect(findSegment(session.state, 1)?.prompts).toEqual([point(3)]);
    expect(findSegment(session.state, 2)?.prompts).toEqual([{ kind: "mask", positive: true }]);
  });
});
