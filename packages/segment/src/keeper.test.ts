import { type Box, bitBytes, boxVoxels, type Vec3 } from "@septum/volume";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { prompts, smallSize } from "../test/small-scene.ts";
import { open, snapshot } from "../test/small-segmenter.ts";
import { encodeState, finish, type Prompt, type Segmenter } from "./index.ts";
import { numberRuns, numbersIn } from "./parts.ts";

// Many predictions each, and machines are busy.
vi.setConfig({ testTimeout: 300_000 });

/** A segmenter whose changes are made to parts as a store would. */
function keep(segmenter: Segmenter, parts: ReadonlyMap<string, Uint8Array> = new Map()) {
  const kept = new Map(parts);
  return {
    parts: kept,
    /** Bytes written. */
    save(): number {
      const { put, remove } = segmenter.save();
      for (const name of remove) {
        expect(put.has(name)).toBe(false);
        expect(kept.delete(name)).toBe(true);
      }
      for (const [name, bytes] of put) kept.set(name, bytes);
      return [...put.values()].reduce((sum, { length }) => sum + length, 0);
    },
  };
}

const point = (voxel: Vec3, positive = true): Prompt => ({ kind: "point", voxel, positive });

const actions = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ type: fc.constant("apply" as const), prompt: prompts(smallSize) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("later" as const), prompt: prompts(smallSize) }) },
    { weight: 12, arbitrary: fc.record({ type: fc.constantFrom("undo", "redo", "save", "save", "reopen") }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constantFrom("predict", "reset", "remove") }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constantFrom("edit", "trim", "trim more"), at: fc.nat(20) }) },
  ),
  { minLength: 5, maxLength: 30 },
);

interface Action {
  readonly type: string;
  readonly prompt?: Prompt;
  readonly at?: number;
}

async function act(segmenter: Segmenter, { type, prompt, at = 0 }: Action): Promise<void> {
  const box: Box = [
    [at, at + 9],
    [3, 8],
    [at, at + 4],
  ];
  const bits = Uint8Array.from({ length: bitBytes(boxVoxels(box)) }, (_, n) => (n * 37 + at) & 255);
  bits[bits.length - 1] &= 0x0f;
  if (type === "undo") segmenter.undo();
  else if (type === "edit") segmenter.edit(box, bits);
  else if (type.startsWith("trim"))
    segmenter.trim({ box, bits }, { extend: type !== "trim" && segmenter.undoable > 0 });
  else if (type === "redo") segmenter.redo();
  else if (type === "reset") segmenter.reset();
  else if (type === "predict") await finish(segmenter.predict());
  else if (prompt) await finish(segmenter.apply(prompt, { predict: type === "apply", autozoom: false }));
  else if (segmenter.prompts.length > 0) {
    await finish(segmenter.rewrite({ type: "remove", at: segmenter.prompts.length - 1 }, { autozoom: false }));
  }
}

describe("save()", () => {
  test("keeps the object bit for bit, whatever is done between one save and the next", async () => {
    const few = fc.constantFrom(undefined, 0, 700);
    await fc.assert(
      fc.asyncProperty(actions, few, async (list, historyBytes) => {
        let segmenter = open({ historyBytes });
        let keeper = keep(segmenter);
        for (const action of list) {
          if (action.type !== "save" && action.type !== "reopen") {
            await act(segmenter, action);
            continue;
          }
          keeper.save();
          const { parts } = keeper;
          const copy = open({ historyBytes, saved: parts });
          expect(snapshot(copy)).toEqual(snapshot(segmenter));
          // Nothing that changed: the head alone is written again.
          const again = copy.save();
          expect([[...again.put.keys()], again.remove]).toEqual([[""], []]);
          if (action.type === "reopen") {
            segmenter = open({ historyBytes, saved: parts });
            keeper = keep(segmenter, parts);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  test("writes what a step changed, however many there were before, and the whole mask now and then", async () => {
    const segmenter = open();
    const keeper = keep(segmenter);
    const maskPart = () => [...keeper.parts.keys()].find((name) => name.startsWith("mask-"));
    let masks = 0;
    for (let n = 0; n < 120; n++) {
      const voxel: Vec3 = [4 + ((n * 7) % 25), 4 + ((n * 5) % 21), 4 + ((n * 11) % 29)];
      await finish(segmenter.apply(point(voxel, n % 3 !== 0), { autozoom: false }));
      const before = maskPart();
      const written = keeper.save();
      const flipped = segmenter
        .state()
        .undo.at(-1)!
        .deltas.reduce((sum, delta) => sum + delta.flipped.data.length, 0);
      if (maskPart() !== before) masks++;
      else expect(written - flipped).toBeLessThan(2000);
    }
    expect(masks).toBeLessThan(6);
    expect(open({ saved: keeper.parts }).undoable).toBe(120);
  });

  test("removes what nothing leads to any more", async () => {
    const segmenter = open({ historyBytes: 0 });
    const keeper = keep(segmenter);
    for (let n = 0; n < 80; n++) {
      await finish(segmenter.apply(point([5 + (n % 20), 12, 9]), { autozoom: false }));
      if (n % 10 === 9) segmenter.reset();
      keeper.save();
    }
    // Of one step that can be undone, its ten prompts, and the mask with at most 32 steps since.
    const count = (what: string) => [...keeper.parts.keys()].filter((name) => name.startsWith(what)).length;
    expect(count("mask-")).toBe(1);
    expect(count("step-")).toBeLessThanOrEqual(33);
    expect(count("prompts-")).toBeLessThanOrEqual(10);
  });

  test("keeps one of two lists that were saved together when what the other went on from is forgotten", async () => {
    const segmenter = open({ historyBytes: 0 });
    const keeper = keep(segmenter);
    await finish(segmenter.apply(point([12, 20, 9])));
    keeper.save();
    await finish(segmenter.apply(point([25, 7, 30])));
    await act(segmenter, { type: "edit" });
    keeper.save();
    await finish(segmenter.apply(point([12, 20, 12])));
    keeper.save();
    expect(snapshot(open({ historyBytes: 0, saved: keeper.parts }))).toEqual(snapshot(segmenter));
  });

  test("catches up with one that was not saved for long, without holding on to what it forgot", async () => {
    const segmenter = open({ historyBytes: 0 });
    const keeper = keep(segmenter);
    keeper.save();
    for (let n = 0; n < 40; n++) await finish(segmenter.apply(point([5 + (n % 20), 12, 9]), { autozoom: false }));
    keeper.save();
    expect([...keeper.parts.keys()].filter((name) => name.startsWith("step-"))).toHaveLength(1);
    expect(snapshot(open({ historyBytes: 0, saved: keeper.parts }))).toEqual(snapshot(segmenter));
  });

  test("continues an object that was saved in one piece, before there were parts", async () => {
    const old = open();
    await finish(old.apply(point([12, 20, 9])));
    await finish(old.apply(point([25, 7, 30])));
    old.undo();
    const parts = new Map([["", encodeState(old.state())]]);
    const segmenter = open({ saved: parts });
    expect(snapshot(segmenter)).toEqual(snapshot(old));
    const keeper = keep(segmenter, parts);
    segmenter.redo();
    keeper.save();
    expect(keeper.parts.get("")).not.toEqual(parts.get(""));
    old.redo();
    expect(snapshot(open({ saved: keeper.parts }))).toEqual(snapshot(old));
  });

  test("of which a part is missing or damaged is refused, with the reason", async () => {
    const segmenter = open();
    const keeper = keep(segmenter);
    await finish(segmenter.apply(point([12, 20, 9])));
    keeper.save();
    const prefix = "Cannot continue from this saved object: ";
    const without = (name: string) => new Map([...keeper.parts].filter(([key]) => key !== name));
    expect(() => open({ saved: without("") })).toThrow(`${prefix}it lacks its head`);
    const [step, given] = ["step-", "prompts-"].map((what) =>
      [...keeper.parts.keys()].find((name) => name.startsWith(what)),
    ) as [string, string];
    expect(() => open({ saved: without(step) })).toThrow(`${prefix}it lacks its part ${step}`);
    expect(() => open({ saved: without(given) })).toThrow(`${prefix}it lacks prompt 0`);
    const part = keeper.parts.get(step) as Uint8Array;
    expect(() => open({ saved: new Map([...keeper.parts, [step, part.subarray(0, 40)]]) })).toThrow(
      `${prefix}it is cut off`,
    );
    expect(() => open({ saved: new Map([["", part.slice().fill(9, 4, 5)]]) })).toThrow(
      `${prefix}it has version 9, and this program reads 2`,
    );
  });
});

test("numberRuns() gives back the same numbers in the same order, in little room", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(12)), (numbers) => {
      expect([...numbersIn(numberRuns(numbers))]).toEqual(numbers);
    }),
  );
  expect(numberRuns([3, 4, 5, 6, 9, 8, 7, 7])).toEqual([
    [3, 6],
    [9, 7],
    [7, 7],
  ]);
});
