import type { Prompt } from "@septum/segment";
import { type Box, wholeBox } from "@septum/volume";
import { describe, expect, test } from "vitest";
import { fakeEngine } from "../testing/fake-engine.ts";
import { size } from "../testing/harness.ts";
import { keptSession } from "../testing/kept-session.ts";
import { noLimits } from "./limits.ts";
import { applyPrompt, changePrompt } from "./segments.ts";
import type { Session } from "./session.ts";
import { travel } from "./travel.ts";

const signal = new AbortController().signal;
const options = { predict: true, autozoom: true, signal };
const point = { kind: "point", voxel: [3, 3, 3], positive: true } as const;
const given = { kind: "mask", positive: true } as const;
const box: Box = [
  [8, 10],
  [5, 6],
  [0, 3],
];
const mask: Prompt = { kind: "initial", box, mask: Uint8Array.of(1, 0, 1, 1, 1, 1) };

const openSession = async () => (await keptSession({ engine: fakeEngine(), limits: { ...noLimits, prompts: 2 } }))();

const promptsOf = (session: Session) => session.state.segments[0].prompts.map(({ kind }) => kind);

describe("applyPrompt() with an initial mask", () => {
  test("takes the place of all prompts there were, as one step, however many there may be", async () => {
    const session = await openSession();
    await applyPrompt(session, 1, point, point, options);
    await applyPrompt(session, 1, point, point, options);
    await expect(applyPrompt(session, 1, point, point, options)).rejects.toThrow("as many as it may");
    const change = await applyPrompt(session, 1, mask, given, { ...options, predict: false });
    expect(change).toMatchObject({ voxels: 5, prompts: 1, passes: 0 });
    expect(promptsOf(session)).toEqual(["mask"]);
    await applyPrompt(session, 1, point, point, options);
    expect(promptsOf(session)).toEqual(["mask", "point"]);
    expect(session.historyFacts()).toMatchObject({ position: 4, undo: "+ point, Label 1" });
    await travel(session, "undo", { signal });
    expect(session.historyFacts().undo).toBe("mask, Label 1");
    await travel(session, "undo", { signal });
    expect(promptsOf(session)).toEqual(["point", "point"]);
    await travel(session, "redo", { signal });
    expect(promptsOf(session)).toEqual(["mask"]);
    session.rest();
    const bits = await session.useImage(async (opened) => (await opened.object(1)).maskBits(wholeBox(size)));
    expect(bits.reduce((sum, byte) => sum + byte.toString(2).replaceAll("0", "").length, 0)).toBe(5);
  });

  test("is predicted from at once when that is asked for", async () => {
    const session = await openSession();
    expect(await applyPrompt(session, 1, mask, given, options)).toMatchObject({ prompts: 1, passes: 2 });
    expect(promptsOf(session)).toEqual(["mask"]);
  });

  test("can be taken away from under later prompts", async () => {
    const session = await openSession();
    await applyPrompt(session, 1, mask, given, { ...options, predict: false });
    await applyPrompt(session, 1, point, point, options);
    const change = await changePrompt(session, 1, 0, () => null, { signal });
    expect(change).toMatchObject({ voxels: 125, prompts: 1 });
    expect(promptsOf(session)).toEqual(["point"]);
  });
});
