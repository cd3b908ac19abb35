import { type Box, boxContains, shiftBox, type Vec3, wholeBox } from "@septum/volume";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { prompts, smallSettings, smallSize } from "../test/small-scene.ts";
import { open } from "../test/small-segmenter.ts";
import {
  type ApplyOptions,
  decodeState,
  encodeState,
  finish,
  type Model,
  type Prompt,
  type PromptEdit,
  type Segmenter,
} from "./index.ts";
import { stubModel } from "./testing.ts";

const point = (i: number, j: number, k: number, positive = true): Prompt => ({
  kind: "point",
  voxel: [i, j, k],
  positive,
});
const [a, b, c] = [point(12, 20, 9), point(25, 7, 30, false), point(18, 15, 12)];

interface Said {
  readonly prompt: Prompt;
  readonly options?: ApplyOptions;
  /** Whether to predict once more afterwards, which matters when this was added without. */
  readonly later?: boolean;
}

const initial = prompts(smallSize).map((prompt): Prompt => {
  if ("mask" in prompt) return { kind: "initial", mask: prompt.mask, box: prompt.box };
  return {
    kind: "initial",
    mask: new Uint8Array(8 * 9 * 7).fill(1),
    box: [
      [3, 11],
      [14, 23],
      [20, 27],
    ],
  };
});

const said: fc.Arbitrary<Said> = fc.record({
  prompt: fc.oneof(
    { weight: 5, arbitrary: prompts(smallSize) as fc.Arbitrary<Prompt> },
    { weight: 1, arbitrary: initial },
  ),
  options: fc.oneof(
    fc.constant({}),
    fc.constant({ autozoom: false }),
    fc.constant({ predict: false }),
    fc.constant({ predict: true }),
  ),
  later: fc.boolean(),
});

const nudge = fc.integer({ min: -3, max: 3 });

async function give(segmenter: Segmenter, list: readonly Said[]): Promise<Segmenter> {
  for (const { prompt, options, later } of list) {
    await finish(segmenter.apply(prompt, options));
    if (later) await finish(segmenter.predict());
  }
  return segmenter;
}

/** All that decides what the next prompt will do. */
function present(segmenter: Segmenter) {
  const { mask, voxels, prompts, intensity } = segmenter;
  const { now, prompts: saved } = segmenter.state();
  const nodes = [];
  for (let at = now.prompts; at >= 0; at = saved[at].previous) nodes.push({ ...saved[at], previous: undefined });
  return { mask: mask.slice(), voxels, prompts, intensity, queued: now.queued, nodes };
}

/** The list as it would have been, had the edit been so all along; an initial mask starts it anew. */
function edited(list: readonly Said[], edit: PromptEdit): readonly Said[] {
  if (edit.type === "restart") return [{ prompt: edit.prompt }];
  const from = Math.max(
    0,
    list.findLastIndex(({ prompt }) => prompt.kind === "initial"),
  );
  const current = list.slice(from);
  if (edit.type === "remove") return current.toSpliced(edit.at, 1);
  const { prompt, ...how } = current[edit.at];
  const changed =
    edit.type === "replace"
      ? edit.prompt
      : { ...(edit.type === "move" ? shifted(prompt, edit.offset) : prompt), positive: edit.positive };
  return current.with(edit.at, { prompt: changed as Prompt, ...how });
}

function shifted(prompt: Prompt, offset: Vec3): Prompt {
  if (prompt.kind !== "point") return { ...prompt, box: shiftBox(prompt.box, offset) };
  const [i, j, k] = prompt.voxel;
  return { ...prompt, voxel: [i + offset[0], j + offset[1], k + offset[2]] };
}

describe("rewrite()", () => {
  test("leaves the object as if the prompt had never been given, been given otherwise, or been the only one", async () => {
    const scripts = fc.record({
      list: fc.array(said, { minLength: 1, maxLength: 4 }),
      place: fc.nat(),
      type: fc.constantFrom("remove", "remove", "sign", "move", "replace", "restart"),
      offset: fc.tuple(nudge, nudge, nudge),
      positive: fc.boolean(),
      prompt: prompts(smallSize),
      reopened: fc.boolean(),
      historyBytes: fc.constantFrom(undefined, 0),
    });
    await fc.assert(
      fc.asyncProperty(scripts, async ({ list, place, type, positive, prompt, offset, reopened, historyBytes }) => {
        let segmenter = await give(open({ historyBytes }), list);
        const at = place % segmenter.prompts.length;
        fc.pre(type !== "sign" || segmenter.prompts[at].kind !== "initial");
        fc.pre(type !== "move" || segmenter.prompts[at].kind !== "initial");
        fc.pre(type !== "move" || boxContains(wholeBox(smallSize), shiftBox(segmenter.prompts[at].box, offset)));
        fc.pre(type !== "replace" || segmenter.prompts[at].kind !== "initial");
        const edit = { type, at, positive, prompt, offset } as PromptEdit;
        // A drawing may have been given with more around it than what is moved.
        const [said] = edited(list, edit).slice(at);
        fc.pre(type !== "move" || said.prompt.kind === "point" || boxContains(wholeBox(smallSize), said.prompt.box));
        if (reopened) segmenter = open({ historyBytes, state: decodeState(encodeState(segmenter.state())) });
        const before = present(segmenter);
        const seen: number[] = [];
        const applied = await finish(segmenter.rewrite(edit), (step) => seen.push(step.passes));
        expect(seen).toEqual(Array.from({ length: applied.passes }, (_, pass) => pass + 1));
        const after = present(segmenter);
        expect(after).toEqual(present(await give(open(), edited(list, edit))));
        expect(applied.voxels).toBe(after.voxels);
        segmenter.undo();
        expect(present(segmenter)).toEqual(before);
        segmenter.redo();
        expect(present(segmenter)).toEqual(after);
      }),
      { numRuns: 25 },
    );
  }, 120_000);

  test("asks the network again only for what came after", async () => {
    const segmenter = await give(
      open(),
      [a, b, c].map((prompt) => ({ prompt, options: { autozoom: false } })),
    );
    const edits: [PromptEdit, number][] = [
      [{ type: "remove", at: 2 }, 0],
      [{ type: "sign", at: 1, positive: true }, 1],
      [{ type: "replace", at: 0, prompt: c as never }, 2],
    ];
    for (const [edit, passes] of edits) expect((await finish(segmenter.rewrite(edit))).passes).toBe(passes);
    expect(segmenter.undoable).toBe(6);
  });

  test("says how many prompts are still to come", async () => {
    const segmenter = await give(
      open(),
      [a, b, c].map((prompt) => ({ prompt, options: { autozoom: false } })),
    );
    const following: unknown[] = [];
    await finish(segmenter.rewrite({ type: "remove", at: 0 }), (step) => following.push(step.following));
    expect(following).toEqual([1, 0]);
  });

  test("that fails, is aborted or is left changes nothing, after whichever pass", async () => {
    for (const end of ["fail", "abort", "leave"]) {
      for (const after of [1, 2, 3]) {
        let passes = 0;
        let failAt = Infinity;
        const stub = stubModel(smallSettings);
        const model: Model = {
          settings: smallSettings,
          predict: async (patch) => {
            if (++passes > failAt) throw new Error("The device is gone");
            return stub.predict(patch);
          },
        };
        const segmenter = await give(open({ model }), [{ prompt: a }, { prompt: b }, { prompt: c }]);
        const before = encodeState(segmenter.state());
        const mask = segmenter.mask.slice();
        const stop = new AbortController();
        if (end === "fail") failAt = passes + after;
        const call = segmenter.rewrite({ type: "remove", at: 0 }, { signal: stop.signal });
        const run = async () => {
          for (let pass = 1; ; pass++) {
            const { done } = await call.next();
            if (done) return "done";
            if (pass < after) continue;
            if (end === "abort") stop.abort(new Error("Stopped"));
            if (end === "leave") {
              await call.return(undefined as never);
              return "left";
            }
          }
        };
        if (end === "leave") expect(await run()).toBe("left");
        else await expect(run()).rejects.toThrow(end === "fail" ? "The device is gone" : "Stopped");
        expect(encodeState(segmenter.state())).toEqual(before);
        expect(segmenter.mask).toEqual(mask);
        failAt = Infinity;
        await finish(segmenter.apply(c));
      }
    }
  });

  test("refuses what cannot be", async () => {
    const box: Box = [
      [3, 9],
      [4, 9],
      [5, 9],
    ];
    const initial: Prompt = { kind: "initial", mask: new Uint8Array(120).fill(1), box };
    const segmenter = await give(open(), [{ prompt: initial }, { prompt: a }]);
    const refused = (edit: PromptEdit) => expect(finish(segmenter.rewrite(edit))).rejects;
    await refused({ type: "remove", at: 2 }).toThrow(
      "Cannot change prompt 2: the object has 2 prompts, counted from 0",
    );
    await refused({ type: "sign", at: 0, positive: false }).toThrow(
      "Cannot flip prompt 0: it is an initial mask, which has no sign",
    );
    await refused({ type: "move", at: 0, offset: [1, 0, 0] }).toThrow(
      "Cannot move prompt 0: it is an initial mask, which stays where it is",
    );
    await refused({ type: "move", at: 1, offset: [0, 0, -10] }).toThrow(
      "Cannot move prompt 1 to [[12, 13], [20, 21], [-1, 0]]: volume size is [33, 29, 37]",
    );
    await refused({ type: "replace", at: 1, prompt: point(40, 0, 0) as never }).toThrow(
      "Cannot place point at voxel [40, 0, 0]: volume size is [33, 29, 37]",
    );
    await finish(segmenter.rewrite({ type: "remove", at: 0 }));
    expect(segmenter.prompts.map(({ kind }) => kind)).toEqual(["points"]);
  });
});
