import { expect, test } from "vitest";
import { nextState, outcomeText, promptPlace, promptsText, promptText } from "./segments.ts";

test("a prompt is told by its kind and by where it is", () => {
  expect(promptText({ kind: "point", positive: true, voxel: [92, 50, 97] })).toBe("Point 92, 50, 97");
  const box = [
    [10, 21],
    [4, 5],
    [0, 10],
  ] as const;
  expect(promptText({ kind: "lasso", positive: false, box })).toBe("Lasso 15, 4, 4");
  expect(promptText({ kind: "mask", positive: true })).toBe("Start mask");
  expect(promptPlace({ kind: "mask", positive: true })).toBeUndefined();
});

test("a mask that a segment began with is not counted among the prompts that a person gave", () => {
  const mask = { kind: "mask", positive: true } as const;
  const point = { kind: "point", positive: true, voxel: [1, 2, 3] } as const;
  expect(promptsText([])).toBeUndefined();
  expect(promptsText([mask])).toBe("from a mask");
  expect(promptsText([point])).toBe("1 prompt");
  expect(promptsText([mask, point, point])).toBe("from a mask · 2 prompts");
});

test("states follow each other in a ring", () => {
  expect(nextState("todo")).toBe("in_progress");
  expect(nextState("in_progress")).toBe("done");
  expect(nextState("done")).toBe("todo");
});

test("voxels taken and spared are said with the segments' names, and when a step did nothing", () => {
  const nameOf = (label: number) => ["", "liver", "spleen", "aorta"][label];
  const none = { taken: [], spared: [], changed: true };
  expect(outcomeText(none, nameOf)).toBeUndefined();
  expect(outcomeText({ ...none, changed: false }, nameOf)).toBe("Nothing changed");
  expect(outcomeText({ ...none, taken: [{ label: 1, voxels: 1 }] }, nameOf)).toBe("Took 1 voxel from liver");
  const taken = [
    { label: 1, voxels: 1200 },
    { label: 3, voxels: 7 },
  ];
  const spared = [{ label: 2, voxels: 40 }];
  expect(outcomeText({ taken, spared, changed: true }, nameOf)).toBe(
    "Took 1,200 voxels from liver, 7 from aorta, spared 40 of spleen (locked)",
  );
  expect(outcomeText({ ...none, spared, changed: false }, nameOf)).toBe("Spared 40 of spleen (locked)");
});
