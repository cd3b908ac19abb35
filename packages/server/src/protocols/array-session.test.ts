import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { type Box, boxContains, boxVoxels, unpackBits, type Vec3, wholeBox } from "@septum/volume";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createUploadPlaces, noLimits } from "../sessions/limits.ts";
import type { Session } from "../sessions/session.ts";
import { openSessions, type Sessions } from "../sessions/sessions.ts";
import { type Harness, startHarness } from "../testing/harness.ts";
import { niftiHeaderOf } from "./array-file.ts";
import { ArraySession } from "./array-session.ts";

/** Slice, row, column: no two alike. */
const shape: Vec3 = [6, 8, 10];
const { signal } = new AbortController();
const call = { positive: true, predict: true, signal };

let server: Harness;
let sessions: Sessions;
let session: Session;
let array: ArraySession;

beforeEach(async () => {
  server = await startHarness();
  sessions = await openSessions({
    engine: server.engine,
    store: server.store,
    now: Date.now,
    maxImageBytes: 2 ** 20,
    memoryBudget: 2 ** 24,
    lifetimeMs: 1e9,
    restMs: 1e9,
    limits: { ...noLimits, sessions: 9, uploads: 9, points: 9, prompts: 9 },
    onError: () => {},
  });
  session = await sessions.create();
  array = new ArraySession(session);
  await sendImage();
});
afterEach(() => server.app.close());

/** Voxel values are their places in memory. */
async function sendImage(): Promise<void> {
  const bytes = Buffer.from(Uint16Array.from({ length: boxVoxels(wholeBox(shape)) }, (_, n) => n).buffer);
  await array.receiveImage(
    {
      open: async () => Readable.from([bytes.subarray(0, 100), bytes.subarray(100)]),
      async convert(from, to) {
        const header = niftiHeaderOf({ shape, dtype: "uint16", spacing: [3, 2, 1] });
        writeFileSync(to, Buffer.concat([header, await readFile(from)]));
      },
      signal,
    },
    {
      store: server.store,
      engine: server.engine,
      maxImageBytes: 2 ** 20,
      maxUploadBytes: 2 ** 20,
      maxUnpackRatio: 500,
      uploads: createUploadPlaces(9),
      memory: sessions.memory,
    },
  );
}

async function mask(box: Box = wholeBox(shape)): Promise<number[]> {
  return [...unpackBits(await array.maskBits(box), boxVoxels(box))];
}

/** Indices of the voxels of the object, in array axes. */
async function voxels(): Promise<number[][]> {
  const [, rows, columns] = shape;
  return (await mask()).flatMap((value, at) =>
    value ? [[Math.floor(at / columns / rows), Math.floor(at / columns) % rows, at % columns]] : [],
  );
}

const drawing = (from: Vec3, extent: Vec3) => {
  const box: Box = [
    [from[0], from[0] + extent[0]],
    [from[1], from[1] + extent[1]],
    [from[2], from[2] + extent[2]],
  ];
  return { box, data: new Uint8Array(boxVoxels(box)).fill(1) };
};

describe("an image sent as an array", () => {
  it("is one like every other, with its axes named backwards and no voxel moved", async () => {
    const { info } = session.state.image ?? {};
    expect(info).toMatchObject({ size: [10, 8, 6], spacing: [1, 2, 3], dtype: "uint16", orientation: "LPS" });
    expect(array.shape).toEqual(shape);
    const place = 7 + 10 * (5 + 8 * 4);
    const slice = await session.useImage(({ image }) =>
      image.slice({ axis: 2, index: 4, window: { width: 479, level: 239.5 } }),
    );
    // Rows of an axial slice are i, columns j.
    expect(slice.data[7 * slice.columns + 5]).toBeCloseTo((255 * place) / 479, -1);
  });

  it("is not there before it is sent", async () => {
    const empty = new ArraySession(await sessions.create());
    expect(empty.hasImage).toBe(false);
    expect(() => empty.addBox(wholeBox(shape), call)).toThrow("There is no image yet: send one first");
  });
});

describe("prompts in array axes", () => {
  it("land at the same index of the array, and tell where it changed", async () => {
    const { ran, changed } = await array.addPoint([4, 5.5, 8.5], call);
    expect(ran).toBe(true);
    expect(changed).toEqual([
      [2, 6],
      [4, 8],
      [6, 10],
    ]);
    expect(await voxels()).toContainEqual([5, 7, 9]);
    expect(await voxels()).not.toContainEqual([5, 3, 9]);
    expect(session.state.segments).toMatchObject([{ label: 1, prompts: [{ kind: "point", voxel: [8, 6, 4] }] }]);
  });

  it("are passed over as points outside, but let what waits be predicted", async () => {
    expect(await array.addPoint([6, 0, 0], call)).toEqual({ ran: true });
    expect(await array.addPoint([2, 2, 2], { ...call, predict: false })).toEqual({ ran: false });
    expect(await array.addPoint([0, -1, 0], call)).toMatchObject({ ran: true });
    expect(session.state.segments).toMatchObject([{ prompts: [{ voxel: [2, 2, 2] }] }]);
  });

  it("are clipped as boxes, and kept where they miss the array by a slice", async () => {
    await array.addBox(
      [
        [6, 7],
        [-1, 3.5],
        [2.5, 11],
      ],
      call,
    );
    expect(session.state.segments[0].prompts).toMatchObject([
      {
        kind: "box",
        box: [
          [2, 10],
          [0, 4],
          [5, 6],
        ],
      },
    ]);
    expect(() =>
      array.addBox(
        [
          [1, 2],
          [3, 3],
          [0, 4],
        ],
        call,
      ),
    ).toThrow("has no extent along an axis");
  });

  it("are refused as drawings of another size than their box, and outside the image", async () => {
    const { box } = drawing([1, 2, 3], [1, 4, 5]);
    expect(() => array.addDrawing("lasso", { box, data: new Uint8Array(19) }, call)).toThrow(
      "The lasso has 19 voxels, and its box",
    );
    expect(() => array.addDrawing("scribble", drawing([0, 0, 8], [1, 2, 3]), call)).toThrow(
      "reaches outside the image's [6, 8, 10]",
    );
    await array.addDrawing("lasso", drawing([1, 2, 3], [1, 4, 5]), call);
    expect(await voxels()).toEqual(Array.from({ length: 20 }, (_, n) => [1, 2 + Math.floor(n / 5), 3 + (n % 5)]));
  });
});

describe("undo()", () => {
  it("takes back one call and no more", async () => {
    await array.addDrawing("lasso", drawing([1, 2, 3], [1, 4, 5]), call);
    const before = await mask();
    await array.addPoint([4, 5, 6], call);
    const { ran, changed } = await array.undo(signal);
    expect(
      ran &&
        changed &&
        boxContains(changed, [
          [2, 6],
          [3, 8],
          [4, 9],
        ]),
    ).toBe(true);
    expect(await mask()).toEqual(before);
    expect(await array.undo(signal)).toEqual({ ran: false });
  });

  it("has nothing to do at first, and after reset", async () => {
    expect(await array.undo(signal)).toEqual({ ran: false });
    await array.addPoint([4, 5, 6], call);
    await array.reset(signal);
    expect(await array.undo(signal)).toEqual({ ran: false });
  });
});

describe("reset()", () => {
  it("leaves the object in the session, and begins another", async () => {
    await array.addPoint([1, 1, 1], call);
    await array.reset(signal);
    expect(await mask()).not.toContain(1);
    await array.addPoint([4, 5, 6], call);
    expect(session.state.segments.map(({ label }) => label)).toEqual([1, 2]);
  });

  it("empties the object when there are many already", async () => {
    for (let n = 0; n < 22; n++) {
      await array.addPoint([1, 1, 1], call);
      await array.reset(signal);
    }
    expect(session.state.segments).toHaveLength(20);
    expect(session.state.segments.at(-1)).toMatchObject({ voxels: 0, prompts: [] });
  });
});

describe("startFromMask()", () => {
  it("takes up the object that has exactly this mask", async () => {
    await array.addDrawing("lasso", drawing([1, 2, 3], [1, 4, 5]), call);
    await array.reset(signal);
    await array.addDrawing("lasso", drawing([2, 2, 3], [1, 4, 5]), call);
    await array.reset(signal);
    const seed = { predict: false, signal };
    expect(await array.startFromMask(drawing([1, 2, 3], [1, 4, 5]), seed)).toEqual({ ran: false });
    expect(array.label).toBe(1);
    expect(await array.undo(signal)).toMatchObject({
      ran: true,
      changed: [
        [1, 2],
        [2, 6],
        [3, 8],
      ],
    });
    expect(await mask()).not.toContain(1);
    await array.startFromMask(drawing([3, 2, 3], [1, 4, 5]), seed);
    expect(session.state.segments).toMatchObject([{}, {}, { label: 3, voxels: 20, prompts: [{ kind: "mask" }] }]);
  });
});

it("tells with its next answer what others changed meanwhile", async () => {
  await array.addPoint([1, 1, 1], call);
  session.events.push({
    type: "segment",
    label: 1,
    voxels: 9,
    box: [
      [8, 9],
      [0, 1],
      [0, 1],
    ],
    removed: false,
    mask_revision: 9,
  });
  expect(await array.addPoint([1, 1, 1], call)).toMatchObject({
    changed: [
      [0, 4],
      [0, 4],
      [0, 9],
    ],
  });
});
