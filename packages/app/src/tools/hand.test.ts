import type { EditInput, PromptInput, PromptPatch, PromptSummary } from "@septum/protocol";
import type { Vec3 } from "@septum/volume";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Editing, editing } from "../state/editing.ts";
import { type DisplayGrid, displayGrid, fractionToVoxel, voxelToFraction } from "../viewer/grid.ts";
import { fromScreen, planeNames, planes, type Tile, toScreen } from "../viewer/planes.ts";
import { createHand, type PlanePoint } from "./hand.ts";
import { grids, tileFor } from "./testing.ts";

const inPlanes = fc.constantFrom(...planeNames);
const pixels = fc.tuple(fc.integer({ min: 12, max: 40 }), fc.integer({ min: 12, max: 40 }));

/** A hand on a plane that looks at `cross`, and what it asked for. */
function handOn(grid: DisplayGrid, tile: Tile, cross: Vec3, state: Partial<Editing>, prompts: PromptSummary[] = []) {
  const asked: { prompts: PromptInput[]; edits: EditInput[]; moves: [number, PromptPatch][] } = {
    prompts: [],
    edits: [],
    moves: [],
  };
  const selected: (number | undefined)[] = [];
  const hand = createHand({
    editing: () => ({ ...editing.getInitialState(), active: 1, ...state }),
    grid: () => grid,
    prompts: () => prompts,
    redraw() {},
    actions: {
      addPrompt: async (body) => asked.prompts.push(body) > 0,
      edit: async (body) => asked.edits.push(body) > 0,
      movePrompt: async (_label, n, patch) => asked.moves.push([n, patch]) > 0,
      pickSegment() {},
      mark() {},
      select: (n) => selected.push(n),
      moveCross() {},
      paint() {},
      painted() {},
    },
  });
  const depth = voxelToFraction(grid, cross);
  /** The pointer at a screen position, as the viewer tells it. */
  const at = (x: number, y: number, flipped = false): PlanePoint => {
    const place: [number, number, number] = [...fractionToVoxel(grid, fromScreen(tile, x, y, depth))];
    const along = grid.axis[planes[tile.plane].along];
    place[along] = Math.round(place[along]);
    return { tile, x, y, place, flipped };
  };
  const over = (voxel: Vec3, flipped = false) => {
    const { x, y } = toScreen(tile, voxelToFraction(grid, voxel));
    return at(x, y, flipped);
  };
  return { hand, asked, selected, at, over };
}

/** A grid, a plane of it, and two voxels on one of its slices. */
const scenes = fc
  .tuple(
    grids,
    inPlanes,
    fc.boolean(),
    pixels,
    fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 5, maxLength: 5 }),
  )
  .map(([grid, plane, radiological, size, [a, b, c, d, e]]) => {
    const along = grid.axis[planes[plane].along];
    const voxel = (u: number, v: number): Vec3 => {
      const parts = [0, 0, 0];
      let n = 0;
      for (const axis of [0, 1, 2]) {
        const share = axis === along ? e : [u, v][n++];
        parts[axis] = Math.floor(share * grid.size[axis]);
      }
      return [parts[0], parts[1], parts[2]];
    };
    return {
      grid,
      plane,
      along,
      tile: tileFor(grid, plane, radiological, size),
      first: voxel(a, b),
      last: voxel(c, d),
    };
  });

describe("createHand()", () => {
  test("puts a point on the very voxel that was clicked, in every plane of every grid", () => {
    fc.assert(
      fc.property(scenes, fc.double({ min: -0.49, max: 0.49, noNaN: true }), ({ grid, tile, first }, off) => {
        const { hand, asked, over } = handOn(grid, tile, first, { tool: "point" });
        const centre = over(first);
        const near = { ...centre, place: centre.place.map((part) => part + off) as unknown as Vec3 };
        expect(hand.press(near)).toBe(false);
        hand.click(near);
        expect(asked.prompts).toEqual([{ kind: "point", voxel: first, positive: true }]);
      }),
    );
  });

  test("draws a box around exactly the voxels from corner to corner", () => {
    fc.assert(
      fc.property(scenes, ({ grid, tile, along, first, last }) => {
        fc.pre(first.some((part, axis) => part !== last[axis]));
        const { hand, asked, over } = handOn(grid, tile, first, { tool: "box", positive: false });
        hand.press(over(first));
        hand.move([over(last)]);
        hand.release(over(last));
        const box = first.map((part, axis) => [Math.min(part, last[axis]), Math.max(part, last[axis]) + 1]);
        expect(asked.prompts).toEqual([{ kind: "box", box, positive: false }]);
        expect(box[along][1] - box[along][0]).toBe(1);
      }),
    );
  });

  test("draws scribbles and lassos through the voxels that the pointer went over", () => {
    fc.assert(
      fc.property(scenes, fc.constantFrom("scribble", "lasso"), ({ grid, tile, along, first, last }, tool) => {
        fc.pre(first.filter((part, axis) => part !== last[axis]).length === 2);
        const { hand, asked, over } = handOn(grid, tile, first, { tool: tool as "scribble" | "lasso" });
        const corner = first.map((part, axis) => (axis === (along + 1) % 3 ? last[axis] : part)) as unknown as Vec3;
        hand.press(over(first));
        hand.move([over(corner), over(last)]);
        hand.release(over(last));
        const [body] = asked.prompts;
        if (!body || !("points" in body)) throw new Error(`no drawing was sent, but ${JSON.stringify(asked)}`);
        const { axis, slice_index: slice, points } = body;
        expect([body.kind, axis, slice]).toEqual([tool, along, first[along]]);
        // As the server reads them: x is the second axis that remains, y the first.
        const [row, column] = [0, 1, 2].filter((d) => d !== axis);
        expect(points).toHaveLength(3);
        for (const [n, voxel] of [first, corner, last].entries()) {
          expect(points[n][0]).toBeCloseTo(voxel[column], 2);
          expect(points[n][1]).toBeCloseTo(voxel[row], 2);
        }
      }),
    );
  });

  test("moves a prompt by whole voxels, whichever plane it is dragged in", () => {
    fc.assert(
      fc.property(scenes, ({ grid, tile, first, last }) => {
        fc.pre(first.some((part, axis) => part !== last[axis]));
        const drawn: PromptSummary = { kind: "point", positive: true, voxel: first };
        const { hand, asked, selected, over } = handOn(grid, tile, first, { tool: "look" }, [drawn]);
        expect(hand.press(over(first))).toBe(true);
        hand.move([over(last)]);
        hand.release(over(last));
        expect(asked.moves).toEqual([[0, { voxel: last }]]);
        expect(selected).toEqual([0]);
      }),
    );
  });

  test("a stroke of the brush goes where the pointer went", () => {
    fc.assert(
      fc.property(scenes, fc.boolean(), ({ grid, tile, along, first, last }, flipped) => {
        const brush = { radiusMm: 3, shape: "sphere", threshold: [10, 20] } as const;
        const { hand, asked, over } = handOn(grid, tile, first, { tool: "brush", brush });
        hand.press(over(first, flipped));
        hand.move([over(last, flipped)]);
        hand.release(over(last, flipped));
        const [body] = asked.edits;
        if (body?.kind !== "paint") throw new Error("no stroke was sent");
        expect(body).toMatchObject({ add: !flipped, shape: "sphere", axis: along, radius_mm: 3, threshold: [10, 20] });
        expect(roundedVoxel(body.path[0])).toEqual(first);
        expect(roundedVoxel(body.path[body.path.length - 1])).toEqual(last);
      }),
    );
  });
});

describe("the hand", () => {
  const grid = displayGrid([20, 16, 12], [-1, 3, -2]);
  const tile = tileFor(grid, "coronal", true, [10, 10]);
  const cross: Vec3 = [10, 8, 6];
  const point: PromptSummary = { kind: "point", positive: true, voxel: cross };

  test("selects the prompt that is clicked, and lets it go on the next click", () => {
    for (const [prompt, expected] of [
      [undefined, 0],
      [0, undefined],
    ] as const) {
      const { hand, selected, over } = handOn(grid, tile, cross, { tool: "point", prompt }, [point]);
      expect(hand.press(over(cross))).toBe(true);
      hand.release(over(cross));
      expect(selected).toEqual([expected]);
    }
  });

  test("leaves prompts alone that are hidden or on another slice", () => {
    const hidden = handOn(grid, tile, cross, { tool: "point", promptsShown: false }, [point]);
    expect(hidden.hand.press(hidden.over(cross))).toBe(false);
    const along = grid.axis[planes.coronal.along];
    const next = cross.map((part, axis) => (axis === along ? part + 1 : part)) as unknown as Vec3;
    const elsewhere = handOn(grid, tile, next, { tool: "point" }, [point]);
    expect(elsewhere.hand.press(elsewhere.over(next))).toBe(false);
  });

  test("takes hold of a prompt only when it is selected, while a drawing tool is in the hand", () => {
    const { hand, asked, over } = handOn(grid, tile, cross, { tool: "scribble" }, [point]);
    hand.press(over(cross));
    hand.move([over([14, 8, 6])]);
    hand.release(over([14, 8, 6]));
    expect(asked.moves).toEqual([]);
    expect(asked.prompts).toHaveLength(1);
  });

  test("cancels what is unfinished, and sends nothing of it", () => {
    const { hand, asked, over } = handOn(grid, tile, cross, { tool: "lasso" });
    expect(hand.cancel()).toBe(false);
    hand.press(over(cross));
    hand.move([over([14, 8, 6]), over([14, 8, 2])]);
    expect(hand.shapes(tile, cross[1])).toHaveLength(1);
    expect(hand.cancel()).toBe(true);
    hand.release(over(cross));
    expect(hand.shapes(tile, cross[1])).toEqual([]);
    expect(asked.prompts).toEqual([]);
  });

  test("turns the sign over by the held key, and back by both", () => {
    const signs = [
      [{ positive: true, signHeld: true }, false, false],
      [{ positive: true, signHeld: false }, true, false],
      [{ positive: false, signHeld: true }, false, true],
      [{ positive: true, signHeld: true }, true, true],
    ] as const;
    for (const [state, flipped, positive] of signs) {
      const { hand, asked, over } = handOn(grid, tile, cross, { tool: "point", ...state });
      hand.click(over(cross, flipped));
      expect(asked.prompts).toEqual([{ kind: "point", voxel: cross, positive }]);
    }
  });

  test("shows a drawing until the server has it", async () => {
    const { hand, over } = handOn(grid, tile, cross, { tool: "box" });
    const along = grid.axis[planes.coronal.along];
    hand.press(over(cross));
    hand.move([over([14, 8, 6])]);
    hand.release(over([14, 8, 6]));
    expect(hand.shapes(tile, cross[along]).map(({ unsent }) => unsent)).toEqual([true]);
    await Promise.resolve();
    await Promise.resolve();
    expect(hand.shapes(tile, cross[along])).toEqual([]);
  });

  test("draws nothing outside the volume", () => {
    const { hand, asked, at } = handOn(grid, tile, cross, { tool: "box" });
    hand.press(at(-500, -500));
    hand.move([at(-300, -300)]);
    hand.release(at(-300, -300));
    hand.click(at(-500, -500));
    expect(asked.prompts).toEqual([]);
  });
});

function roundedVoxel(place: readonly number[]): number[] {
  return place.map((part) => Math.round(part));
}
