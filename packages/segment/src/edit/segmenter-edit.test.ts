import { type Box, cutBits, packBits, unpackBits } from "@septum/volume";
import { describe, expect, test } from "vitest";
import { smallSize } from "../../test/small-scene.ts";
import { open, point } from "../../test/small-segmenter.ts";
import { decodeState, encodeState, finish, type Prompt } from "../index.ts";

const later: Prompt = { kind: "point", voxel: [18, 15, 12], positive: true };
const box: Box = [
  [10, 17],
  [18, 23],
  [8, 10],
];
const ones = packBits(new Uint8Array(70).fill(1));
const voxels = smallSize[0] * smallSize[1] * smallSize[2];

describe("edit()", () => {
  test("writes the box, is one step, and makes the mask the start of what follows, as an initial mask does", async () => {
    const edited = open();
    await finish(edited.apply(point));
    const before = edited.mask.slice();
    const applied = edited.edit(box, ones);
    expect(cutBits(edited.mask, smallSize, box)).toEqual(ones);
    expect(applied).toMatchObject({ passes: 0, voxels: unpackBits(edited.mask, voxels).reduce((a, b) => a + b, 0) });
    expect(edited.prompts.map(({ kind }) => kind)).toEqual(["initial"]);
    expect(edited.undoable).toBe(2);

    const given = open();
    const whole: Box = [
      [0, smallSize[0]],
      [0, smallSize[1]],
      [0, smallSize[2]],
    ];
    await finish(given.apply({ kind: "initial", box: whole, mask: unpackBits(edited.mask, voxels) }));
    expect(edited.prompts).toEqual(given.prompts);
    const [afterEdit, afterMask] = [await finish(edited.apply(later)), await finish(given.apply(later))];
    expect(edited.mask).toEqual(given.mask);
    expect(afterEdit.voxels).toBe(afterMask.voxels);
    // The mask it starts from is kept also when no history is.
    const reopened = open({ historyBytes: 0, state: decodeState(encodeState(edited.state())) });
    await finish(reopened.apply(point));
    await finish(given.apply(point));
    await finish(reopened.rewrite({ type: "remove", at: 1 }));
    await finish(given.rewrite({ type: "remove", at: 1 }));
    expect(reopened.mask).toEqual(given.mask);

    edited.undo();
    edited.undo();
    expect(edited.mask).toEqual(before);
    expect(edited.prompts.map(({ kind }) => kind)).toEqual(["points"]);
    edited.redo();
    expect(cutBits(edited.mask, smallSize, box)).toEqual(ones);
  });

  test("that changes nothing is no step, and one that takes all away leaves an empty start", async () => {
    const segmenter = open();
    expect(segmenter.edit(box, new Uint8Array(9))).toMatchObject({ voxels: 0, changed: undefined });
    expect(segmenter.undoable).toBe(0);
    segmenter.edit(box, ones);
    expect(segmenter.edit(box, new Uint8Array(9))).toMatchObject({ voxels: 0, changed: box });
    expect(segmenter.prompts).toEqual([{ kind: "initial", positive: true, box }]);
    await finish(segmenter.apply(point));
    expect(segmenter.voxels).toBeGreaterThan(0);
  });

  test("counts the masks it starts from among what the history may hold", () => {
    const segmenter = open({ historyBytes: 2000 });
    const noise = Uint8Array.from({ length: 9 }, (_, n) => (n % 2 ? 0x55 : 0xaa));
    for (let n = 0; n < 20; n++) segmenter.edit(box, n % 2 ? noise : ones);
    expect(segmenter.undoable).toBeLessThan(12);
    expect(segmenter.undoable).toBeGreaterThan(2);
  });
});

describe("gained() and trim()", () => {
  test("say what the last step added, and take it away as a part of that step", async () => {
    const segmenter = open();
    expect(segmenter.gained()).toBeUndefined();
    await finish(segmenter.apply(point));
    const all = segmenter.mask.slice();
    const gained = segmenter.gained();
    expect(cutBits(all, smallSize, gained!.box)).toEqual(gained!.bits);
    const applied = segmenter.trim(gained!, { extend: true });
    expect([applied.voxels, segmenter.voxels, segmenter.undoable]).toEqual([0, 0, 1]);
    expect(segmenter.prompts.map(({ kind }) => kind)).toEqual(["points"]);
    segmenter.undo();
    expect([segmenter.voxels, segmenter.prompts]).toEqual([0, []]);
    segmenter.redo();
    expect(segmenter.voxels).toBe(0);
  });

  test("leave the prompts, as a step of its own that saved parts bring back", async () => {
    const segmenter = open();
    await finish(segmenter.apply(point));
    const parts = new Map(segmenter.save().put);
    const before = segmenter.mask.slice();
    const { prompts } = segmenter;
    const gained = segmenter.gained()!;
    const half = { ...gained, bits: gained.bits.map((byte) => byte & 0x55) };
    segmenter.trim(half);
    const { put, remove } = segmenter.save();
    for (const name of remove) parts.delete(name);
    for (const [name, bytes] of put) parts.set(name, bytes);
    const reopened = open({ saved: parts });
    expect(reopened.mask).toEqual(segmenter.mask);
    expect(reopened.mask).not.toEqual(before);
    expect([reopened.prompts, reopened.undoable]).toEqual([prompts, 2]);
    reopened.undo();
    expect(reopened.mask).toEqual(before);
  });

  test("extend a step that was saved already, whole", async () => {
    const segmenter = open();
    await finish(segmenter.apply(point));
    const parts = new Map(segmenter.save().put);
    segmenter.trim(segmenter.gained()!, { extend: true });
    const { put, remove } = segmenter.save();
    for (const name of remove) parts.delete(name);
    for (const [name, bytes] of put) parts.set(name, bytes);
    const reopened = open({ saved: parts });
    expect([reopened.voxels, reopened.undoable]).toEqual([0, 1]);
    reopened.undo();
    expect([reopened.voxels, reopened.prompts]).toEqual([0, []]);
  });
});
