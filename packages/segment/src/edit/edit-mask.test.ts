import { type Affine, getBit, packBits, spacing as spacingOf, type Vec3, type Volume } from "@septum/volume";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EditedBox, editMask } from "./edit-mask.ts";
import type { EditAxis, MaskEdit } from "./mask-edit.ts";
import { finishWork } from "./work.ts";

const size: Vec3 = [11, 7, 6];
const voxels = 11 * 7 * 6;
/** Oblique, left-handed, spacing 0.9 × 0.83 × 1.53 mm. */
const affine: Affine = [-0.9, 0.1, 0, 40, 0.1, 0.8, 0.3, -20, 0, -0.2, 1.5, 7, 0, 0, 0, 1];
const spacing = spacingOf(affine);
const volume: Volume = {
  data: Int16Array.from({ length: voxels }, (_, n) => n),
  size,
  affine,
  scaling: { slope: 2, intercept: -10 },
};

const place = (n: number): Vec3 => [
  n % size[0],
  Math.floor(n / size[0]) % size[1],
  Math.floor(n / (size[0] * size[1])),
];
const at = ([i, j, k]: Vec3) => i + size[0] * (j + size[1] * k);

/** The whole mask after the edit, one byte per voxel. */
function edited(mask: Uint8Array, edit: MaskEdit): Uint8Array {
  const made = finishWork(editMask(edit, packBits(mask), volume));
  return made ? written(mask, made) : mask;
}

function written(mask: Uint8Array, { box, bits }: EditedBox): Uint8Array {
  const out = mask.slice();
  const [ni, nj] = [box[0][1] - box[0][0], box[1][1] - box[1][0]];
  for (let n = 0; n < voxels; n++) {
    const [i, j, k] = place(n);
    if ([i, j, k].some((index, axis) => index < box[axis][0] || index >= box[axis][1])) continue;
    out[n] = getBit(bits, i - box[0][0] + ni * (j - box[1][0] + nj * (k - box[2][0])));
  }
  return out;
}

const mm = (a: Vec3, b: Vec3) => Math.hypot(...a.map((index, axis) => (index - b[axis]) * spacing[axis]));
const isWithin = (part: Uint8Array, whole: Uint8Array) => part.every((value, n) => value <= whole[n]);

/** Random masks: noise, and lumps that overlap. */
const masks = fc
  .array(fc.record({ centre: fc.nat(voxels - 1), radius: fc.float({ min: 0, max: 3, noNaN: true }) }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((lumps) =>
    Uint8Array.from({ length: voxels }, (_, n) =>
      lumps.some(({ centre, radius }) => mm(place(n), place(centre)) <= radius) ? 1 : 0,
    ),
  );
const lengths = fc.float({ min: Math.fround(0.1), max: 4, noNaN: true });
const axes = fc.constantFrom<EditAxis[]>(0, 1, 2);
const spot = fc.tuple(
  fc.float({ min: -3, max: 14, noNaN: true }),
  fc.float({ min: -3, max: 9, noNaN: true }),
  fc.float({ min: -3, max: 8, noNaN: true }),
);

describe("painting", () => {
  /** The shortest way from a place to a line, in mm. */
  function away(voxel: Vec3, a: Vec3, b: Vec3): number {
    const along = b.map((index, axis) => (index - a[axis]) * spacing[axis]);
    const to = voxel.map((index, axis) => (index - a[axis]) * spacing[axis]);
    const squared = along.reduce((sum, step) => sum + step * step, 0);
    const t = squared === 0 ? 0 : along.reduce((sum, step, axis) => sum + step * to[axis], 0) / squared;
    const foot = Math.min(1, Math.max(0, t));
    return Math.hypot(...to.map((step, axis) => step - foot * along[axis]));
  }

  test("takes the voxels within the radius of the stroke, in mm, and no others", () => {
    const strokes = fc.record({
      add: fc.boolean(),
      shape: fc.constantFrom("disc", "sphere"),
      axis: axes,
      radiusMm: lengths,
      path: fc.array(spot, { minLength: 1, maxLength: 5 }),
      slice: fc.nat(5),
    });
    fc.assert(
      fc.property(masks, strokes, (mask, { slice, ...stroke }) => {
        // A disc is drawn on one slice.
        const flat = stroke.path.map((point): Vec3 => {
          const moved: [number, number, number] = [...point];
          if (stroke.shape === "disc") moved[stroke.axis] = slice;
          return moved;
        });
        const out = edited(mask, { kind: "paint", ...stroke, path: flat } as MaskEdit);
        for (let n = 0; n < voxels; n++) {
          const least = Math.min(
            ...flat.map((point, p) => away(place(n), point, flat[Math.min(p + 1, flat.length - 1)])),
          );
          if (Math.abs(least - stroke.radiusMm) < 1e-6) continue;
          const hit = least < stroke.radiusMm && (stroke.shape === "sphere" || place(n)[stroke.axis] === slice);
          expect(out[n]).toBe(hit ? Number(stroke.add) : mask[n]);
        }
      }),
      { numRuns: 150 },
    );
  });

  test("keeps to voxels whose value lies within the threshold, after scaling", () => {
    const path = [[5, 3, 2]] as const;
    const edit = {
      kind: "paint",
      add: true,
      shape: "sphere",
      axis: 2,
      radiusMm: 50,
      path,
      threshold: [0, 20],
    } as const;
    const out = edited(new Uint8Array(voxels), edit);
    expect([...out.keys()].filter((n) => out[n])).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
  });

  test("draws a disc on every slice that the stroke comes to", () => {
    const path = [[2, 2, 1] as const, [5, 2, 1] as const, [5, 2, 4.4] as const];
    const out = edited(new Uint8Array(voxels), {
      kind: "paint",
      add: true,
      shape: "disc",
      axis: 2,
      radiusMm: 0.1,
      path,
    });
    expect([...out.keys()].filter((n) => out[n]).map(place)).toEqual([
      [2, 2, 1],
      [3, 2, 1],
      [4, 2, 1],
      [5, 2, 1],
      [5, 2, 4],
    ]);
  });

  test("beside the volume changes nothing, and a stroke too long for its width is refused", () => {
    const stroke = { kind: "paint", add: true, shape: "sphere", axis: 2 } as const;
    const empty = new Uint8Array(0);
    const paint = (radiusMm: number, path: Vec3[]) =>
      finishWork(editMask({ ...stroke, radiusMm, path }, empty, { ...volume, size: [1, 3000, 3000] }));
    expect(paint(1, [[-9, -9, -9]])).toBeUndefined();
    const path = Array.from({ length: 20 }, (_, n): Vec3 => [n, n, n]);
    expect(() => paint(5000, path)).toThrow(
      "Cannot paint 20 points with a radius of 5000 mm: paint in several strokes",
    );
  });
});

describe("cutting", () => {
  test("takes the voxels whose centre lies inside the line, on the slice or on all", () => {
    const lines = fc.record({
      add: fc.boolean(),
      axis: axes,
      slice: fc.nat(5),
      through: fc.boolean(),
      points: fc.array(fc.tuple(fc.double({ min: -3, max: 13 }), fc.double({ min: -3, max: 13 })), {
        minLength: 3,
        maxLength: 8,
      }),
    });
    fc.assert(
      fc.property(masks, lines, (mask, line) => {
        const out = edited(mask, { kind: "cut", ...line });
        const [row, column] = [0, 1, 2].filter((axis) => axis !== line.axis);
        for (let n = 0; n < voxels; n++) {
          const voxel = place(n);
          let inside = false;
          for (const [p, [x0, y0]] of line.points.entries()) {
            const [x1, y1] = line.points[(p + 1) % line.points.length];
            if (y0 <= voxel[row] === y1 <= voxel[row]) continue;
            const x = x0 + ((voxel[row] - y0) / (y1 - y0)) * (x1 - x0);
            if (Math.abs(x - voxel[column]) < 1e-9) return;
            if (x < voxel[column]) inside = !inside;
          }
          const hit = inside && (line.through || voxel[line.axis] === line.slice);
          expect(out[n]).toBe(hit ? Number(line.add) : mask[n]);
        }
      }),
    );
  });

  test("outside the volume is refused", () => {
    const points = [[0, 0] as const, [3, 0] as const, [3, 3] as const];
    const cut = { kind: "cut", add: true, axis: 1, slice: 7, points, through: false } as const;
    expect(() => edited(new Uint8Array(voxels), cut)).toThrow(
      "Cannot cut on slice 7 along axis 1: slices go from 0 to 6",
    );
  });
});

describe("growing, shrinking and smoothing", () => {
  test("are what distances in mm between voxels say", () => {
    fc.assert(
      fc.property(masks, lengths, (mask, length) => {
        const [grown, shrunk] = [
          edited(mask, { kind: "grow", mm: length }),
          edited(mask, { kind: "shrink", mm: length }),
        ];
        const all = [...mask.keys()];
        for (const n of all) {
          const nearest = (value: number) =>
            all.reduce((least, m) => (mask[m] === value ? Math.min(least, mm(place(n), place(m))) : least), 1e9);
          if (Math.abs(nearest(1) - length) > 1e-4) expect(grown[n]).toBe(Number(nearest(1) < length));
          if (Math.abs(nearest(0) - length) > 1e-4) expect(shrunk[n]).toBe(Number(nearest(0) > length));
        }
      }),
      { numRuns: 15 },
    );
  }, 60_000);

  test("shrinking what was grown leaves all of the object", () => {
    fc.assert(
      fc.property(masks, lengths, (mask, length) => {
        const back = edited(edited(mask, { kind: "grow", mm: length }), { kind: "shrink", mm: length });
        expect(isWithin(mask, back)).toBe(true);
      }),
    );
  });

  test("an opening lies within the object and a closing around it, and doing either twice is doing it once", () => {
    fc.assert(
      fc.property(masks, fc.float({ min: 1, max: 4, noNaN: true }), (mask, radiusMm) => {
        const opened = edited(mask, { kind: "smooth", method: "opening", radiusMm });
        expect(isWithin(opened, mask)).toBe(true);
        if (opened.includes(1)) expect(edited(opened, { kind: "smooth", method: "opening", radiusMm })).toEqual(opened);
        const closed = edited(mask, { kind: "smooth", method: "closing", radiusMm });
        expect(isWithin(mask, closed)).toBe(true);
        expect(edited(closed, { kind: "smooth", method: "closing", radiusMm })).toEqual(closed);
      }),
    );
  });

  test("with a radius that reaches no voxel, or too many, is refused", () => {
    const mask = new Uint8Array(voxels).fill(1, 100, 140);
    expect(() => edited(mask, { kind: "smooth", method: "median", radiusMm: 0.5 })).toThrow(
      /^Cannot smooth with a radius of 0\.5 mm: voxels are 0\.83\d* mm apart at the closest, so give that at least$/,
    );
    expect(() => edited(mask, { kind: "grow", mm: 90 })).toThrow(
      "Cannot grow by 90 mm: that is 108 voxels, and 100 are possible at once: give at most 83 mm",
    );
  });
});

describe("islands and holes", () => {
  test("every island kept alone, together, are the object; removing one leaves the others", () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const islands = new Map<string, Uint8Array>();
        for (const n of [...mask.keys()].filter((voxel) => mask[voxel])) {
          const kept = edited(mask, { kind: "keepIsland", voxel: place(n) });
          expect(kept[n]).toBe(1);
          islands.set(kept.join(""), kept);
          const left = edited(mask, { kind: "removeIsland", voxel: place(n) });
          expect(left).toEqual(mask.map((value, m) => value - kept[m]));
        }
        const sum = [...islands.values()].reduce((all, island) => all.map((value, n) => value + island[n]));
        expect(sum).toEqual(mask);
        const largest = edited(mask, { kind: "keepLargest" });
        const count = (island: Uint8Array) => island.reduce((total, value) => total + value, 0);
        expect(islands.has(largest.join(""))).toBe(true);
        expect(count(largest)).toBe(Math.max(...[...islands.values()].map(count)));
        const least = (2.5 * spacing[0] * spacing[1] * spacing[2]) / 1000;
        const large = [...islands.values()].filter((island) => count(island) > 2);
        const few = large.reduce((all, island) => all.map((v, n) => v + island[n]), new Uint8Array(voxels));
        expect(edited(mask, { kind: "removeSmall", millilitres: least })).toEqual(few);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  test("an island of exactly the least volume stays", () => {
    const mask = new Uint8Array(voxels);
    for (const n of [12, 13, 14, 40, 41]) mask[n] = 1;
    const ofVoxels = (count: number) => (count * spacing[0] * spacing[1] * spacing[2]) / 1000;
    expect(edited(mask, { kind: "removeSmall", millilitres: ofVoxels(3) })).toEqual(
      mask.map((v, n) => (n < 30 ? v : 0)),
    );
  });

  test("holes are filled on a slice, or only where no way leads out through the volume", () => {
    const mask = new Uint8Array(voxels);
    // A tube along k, closed at neither end.
    for (let n = 0; n < voxels; n++) {
      const [i, j, k] = place(n);
      const wall = Math.max(Math.abs(i - 5), Math.abs(j - 3));
      if (k > 0 && k < 5 && wall === 1) mask[n] = 1;
    }
    const inside = [1, 2, 3, 4].map((k) => at([5, 3, k]));
    expect(edited(mask, { kind: "fillHoles" })).toEqual(mask);
    expect(edited(mask, { kind: "fillHoles", axis: 0 })).toEqual(mask);
    expect(edited(mask, { kind: "fillHoles", axis: 2 })).toEqual(mask.map((v, n) => (inside.includes(n) ? 1 : v)));
    mask[inside[0]] = mask[inside[3]] = 1;
    expect(edited(mask, { kind: "fillHoles" })).toEqual(mask.map((v, n) => (inside.includes(n) ? 1 : v)));
  });

  test("are refused at a voxel that is not of the object, and without an object", () => {
    const mask = new Uint8Array(voxels);
    expect(() => edited(mask, { kind: "keepLargest" })).toThrow(
      "Cannot keep the largest island of an object without voxels: draw something first",
    );
    mask[5] = 1;
    expect(() => edited(mask, { kind: "removeIsland", voxel: [6, 0, 0] })).toThrow(
      "There is no island at voxel [6, 0, 0]: choose a voxel of the object",
    );
    expect(() => edited(mask, { kind: "keepIsland", voxel: [11, 0, 0] })).toThrow(
      "There is no voxel [11, 0, 0]: volume size is [11, 7, 6]",
    );
  });
});

describe("filling between slices", () => {
  test("fills empty slices between two drawn ones and touches no other, along any axis", () => {
    fc.assert(
      fc.property(
        masks,
        axes,
        fc.subarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], { minLength: 2 }),
        (full, axis, kept) => {
          const mask = full.map((value, n) => (kept.includes(place(n)[axis]) ? value : 0));
          const drawn = [...new Set([...mask.keys()].filter((n) => mask[n]).map((n) => place(n)[axis]))].sort(
            (a, b) => a - b,
          );
          fc.pre(drawn.some((slice, n) => n > 0 && slice > drawn[n - 1] + 1));
          const out = edited(mask, { kind: "fillBetween", axis });
          for (const [n, value] of out.entries()) {
            const slice = place(n)[axis];
            const between = slice > drawn[0] && slice < (drawn.at(-1) as number) && !drawn.includes(slice);
            if (!between) expect(value).toBe(mask[n]);
          }
          // What two neighbours share, everything between them has.
          for (const [d, to] of drawn.entries()) {
            const from = drawn[d - 1];
            if (d === 0) continue;
            for (let n = 0; n < voxels; n++) {
              const voxel = place(n);
              const beside = (slice: number) => mask[at(voxel.with(axis, slice) as unknown as Vec3)];
              if (voxel[axis] > from && voxel[axis] < to && beside(from) && beside(to)) expect(out[n]).toBe(1);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  test("goes evenly from one outline to the next", () => {
    const mask = new Uint8Array(voxels);
    const half = (k: number) => [0, 0, 0, 0, 4][k];
    for (let n = 0; n < voxels; n++) {
      const [i, , k] = place(n);
      if ((k === 0 || k === 4) && Math.abs(i - 5) <= half(k)) mask[n] = 1;
    }
    const out = edited(mask, { kind: "fillBetween", axis: 2 });
    const width = (k: number) => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].filter((i) => out[at([i, 3, k])]).length;
    expect([0, 1, 2, 3, 4, 5].map(width)).toEqual([1, 3, 5, 7, 9, 0]);
  });

  test("is refused when nothing lies between", () => {
    const mask = new Uint8Array(voxels).fill(1, 77, 300);
    expect(() => edited(mask, { kind: "fillBetween", axis: 2 })).toThrow(
      "Cannot fill between slices along axis 2: the object has no empty slice between two that have a voxel of it",
    );
  });
});
