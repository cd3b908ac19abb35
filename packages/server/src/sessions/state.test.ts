import { describe, expect, test } from "vitest";
import { currentPrompts, emptyState, isMadeFrom, readState, type Step, withPoint, withSegment } from "./state.ts";

const point = (i: number, positive = true): Step => ({ kind: "point", voxel: [i, 0, 0], positive });
const segment = (...steps: Step[]) => ({ label: 1, voxels: 1, steps });

describe("session state", () => {
  test("isMadeFrom() looks at the first prompt after the last reset", () => {
    expect(isMadeFrom(segment(point(1), point(2)), [1, 0, 0])).toBe(true);
    expect(isMadeFrom(segment(point(1), { kind: "reset" }, point(2)), [1, 0, 0])).toBe(false);
    expect(isMadeFrom(segment(point(1), { kind: "reset" }), [1, 0, 0])).toBe(false);
    expect(isMadeFrom(segment(point(1, false)), [1, 0, 0])).toBe(false);
    expect(isMadeFrom(undefined, [1, 0, 0])).toBe(false);
  });

  test("withSegment() keeps a thousand steps and with them where the object came from", () => {
    let state = emptyState;
    let steps: readonly Step[] = [];
    for (let n = 0; n < 1100; n++) {
      steps = [...steps, point(n)];
      state = withSegment(state, segment(...steps));
      steps = state.segments[0].steps;
    }
    expect(steps).toHaveLength(1000);
    expect(isMadeFrom(state.segments[0], [0, 0, 0])).toBe(true);
    state = withSegment(state, segment(...steps, { kind: "reset" }));
    state = withSegment(state, segment(...state.segments[0].steps, point(7)));
    expect(currentPrompts(state.segments[0])).toEqual([point(7)]);
    expect(state.maskRevision).toBe(1102);
  });

  test("withPoint() keeps points in the order of their numbers, each number once", () => {
    const state = [3, 1, 3].reduce(
      (before, number, at) => withPoint(before, { number, voxel: [at, 0, 0] }),
      emptyState,
    );
    expect(state.points).toEqual([
      { number: 1, voxel: [1, 0, 0] },
      { number: 3, voxel: [2, 0, 0] },
    ]);
  });

  test("readState() refuses what another version wrote", () => {
    expect(() => readState({ ...emptyState, version: 2 })).toThrow(
      "Session state of version 2: this program knows version 1",
    );
    expect(() => readState(undefined)).toThrow("version undefined");
  });
});
