import type { PromptSummary } from "@septum/protocol";
import { describe, expect, test } from "vitest";
import { emptyState, isMadeFrom, readState, withoutUnusedLabels, withPoint } from "./state.ts";

const point = (i: number, positive = true): PromptSummary => ({ kind: "point", voxel: [i, 0, 0], positive });
const segment = (...prompts: PromptSummary[]) => ({ label: 1, voxels: 1, prompts });

describe("session state", () => {
  test("isMadeFrom() looks at the first prompt", () => {
    expect(isMadeFrom(segment(point(1), point(2)), [1, 0, 0])).toBe(true);
    expect(isMadeFrom(segment(point(2), point(1)), [1, 0, 0])).toBe(false);
    expect(isMadeFrom(segment(), [1, 0, 0])).toBe(false);
    expect(isMadeFrom(segment(point(1, false)), [1, 0, 0])).toBe(false);
    expect(isMadeFrom(undefined, [1, 0, 0])).toBe(false);
  });

  test("withoutUnusedLabels() forgets the names of labels without a point or an object", () => {
    const labels = [1, 2, 3].map((label) => ({ label, name: `organ ${label}` }));
    const state = withPoint({ ...emptyState, labels, segments: [segment(point(1))] }, { number: 3, voxel: [0, 0, 0] });
    expect(withoutUnusedLabels(state).labels.map(({ label }) => label)).toEqual([1, 3]);
  });

  test("readState() takes what was written before there was a history", () => {
    const { version, points, imageRevision, maskRevision } = emptyState;
    const steps = [point(1), { kind: "reset" }, point(2)];
    const before = { version, points, imageRevision, maskRevision, segments: [{ label: 1, voxels: 7, steps }] };
    const segments = [{ label: 1, voxels: 7, prompts: [point(2)] }];
    expect(readState(before)).toEqual({ ...emptyState, segments });
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
