import { createReadStream, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fileSource, inChunks, nodeGunzip, stalled } from "../testing/bytes.ts";
import { counting, gzip, niftiBytes, pairBytes } from "../testing/nifti.ts";
import { readNifti, readNiftiHeader, readNiftiPair, type Volume, type VolumeErrorCode, webGunzip } from "./index.ts";

const fixtures = new URL("../../../fixtures/nifti/", import.meta.url);

interface Fixture {
  readonly file: string;
  readonly version: number;
  readonly littleEndian: boolean;
  readonly dtype: string;
  readonly size: readonly number[];
  readonly affine: readonly number[];
  readonly values: readonly (number | string)[];
}

const expected = JSON.parse(readFileSync(new URL("expected.json", fixtures), "utf8")) as Fixture[];

/** Two 3 × 4 × 5 volumes in one file. */
function twoFrames(): Uint8Array {
  const long: Volume = { ...counting, data: Int16Array.from({ length: 120 }, (_, n) => n), size: [3, 4, 10] };
  return niftiBytes(long, (view) => {
    [4, 3, 4, 5, 2].forEach((value, n) => {
      view.setInt16(40 + 2 * n, value, true);
    });
  });
}

function open(bytes: Uint8Array, options = {}) {
  return readNifti(inChunks(bytes, 1000), { gunzip: nodeGunzip, ...options });
}

function expectRefusal(reading: Promise<unknown>, code: VolumeErrorCode, message: string) {
  return expect(reading).rejects.toMatchObject({
    name: "VolumeError",
    code,
    message: expect.stringContaining(message),
  });
}

describe("readNifti() of files written by NiBabel", () => {
  test.each(expected)("$file: every number, the place and the type", async (fixture) => {
    for (const gunzip of [nodeGunzip, webGunzip]) {
      const { volume, header } = await readNifti(await fileSource(new URL(fixture.file, fixtures)), { gunzip });
      const { version, littleEndian, dtype, size, affine } = fixture;
      expect(header).toMatchObject({ version, littleEndian, dtype, pair: false, frames: 1 });
      expect(volume.size).toEqual(size);
      expect(volume.affine).toEqual(affine);
      const numbers = fixture.values.map((value) =>
        value === "inf" ? Infinity : value === "-inf" ? -Infinity : value,
      );
      expect([...volume.data]).toEqual(numbers.map((value) => (value === "nan" ? Number.NaN : value)));
    }
  });
});

describe("readNifti() of streams", () => {
  test("gives the same volume however the bytes are cut, packed or not, in one member or several", async () => {
    const plain = niftiBytes(counting);
    const packed = gzip(plain);
    const members = gzip(plain.subarray(0, 37), plain.subarray(37, 353), plain.subarray(353));
    const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 });
    const unpackers = fc.constantFrom(nodeGunzip, webGunzip);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(plain, packed, members), sizes, unpackers, async (bytes, cut, gunzip) => {
        const source = inChunks(bytes, ...cut);
        const { volume } = await readNifti(source, { gunzip });
        expect(volume).toEqual(counting);
      }),
    );
  });

  test("puts the voxels into the memory that `allocate` makes, asked for once and exactly", async () => {
    const asked: number[] = [];
    const allocate = (bytes: number) => {
      asked.push(bytes);
      return new SharedArrayBuffer(bytes);
    };
    const { volume } = await open(gzip(niftiBytes(counting)), { allocate });
    expect(asked).toEqual([120]);
    expect(volume.data.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect([...volume.data]).toEqual([...counting.data]);
    await expectRefusal(open(niftiBytes(counting), { allocate: () => new ArrayBuffer(8) }), "bad-volume", "8 bytes");
    const none = () => {
      throw new RangeError("Array buffer allocation failed");
    };
    await expectRefusal(open(niftiBytes(counting), { allocate: none }), "too-large", "which could not be had");
  });

  test("refuses an image above `maxBytes` before memory is asked for", async () => {
    const allocate = () => expect.fail("asked for memory");
    const message = "3 × 4 × 5 voxels of int16 take 120 bytes, and 119 bytes are allowed";
    await expectRefusal(open(niftiBytes(counting), { maxBytes: 119, allocate }), "too-large", message);
    await expect(open(niftiBytes(counting), { maxBytes: 120 })).resolves.toBeDefined();
  });

  test("allows some bytes behind the voxels", async () => {
    const noted = new Uint8Array(2 ** 20 + 472);
    noted.set(niftiBytes(counting));
    await expect(open(noted)).resolves.toMatchObject({ volume: counting });
    await expect(open(gzip(noted))).resolves.toMatchObject({ volume: counting });
  });

  test("stops a gzip that goes on and on, long before its end", async () => {
    const bomb = gzip(niftiBytes(counting), ...new Array(64).fill(new Uint8Array(2 ** 20)));
    const source = inChunks(bomb, 512);
    const message = "goes on for more than 1048576 bytes after the voxels its header promises";
    await expectRefusal(readNifti(source, { gunzip: nodeGunzip }), "excess-data", message);
    expect(source.taken).toBeLessThan(bomb.length / 2);
    await expect.poll(() => source.closed).toBe(true);
  });

  test.each([
    ["plain", (bytes: Uint8Array) => bytes],
    ["packed", (bytes: Uint8Array) => gzip(bytes)],
  ])("lets go of a %s source when the header is bad", async (_name, wrap) => {
    const noise = Uint8Array.from({ length: 2 ** 20 }, (_, n) => (n * n * 31) >> 7);
    const source = inChunks(wrap(noise), 4096);
    await expectRefusal(readNifti(source), "not-nifti", "no NIfTI file");
    await expect.poll(() => source.closed).toBe(true);
    expect(source.taken).toBeLessThan(2 ** 19);
  });

  test("hands on the source's own error as it is, packed or not", async () => {
    const lost = new Error("connection lost");
    async function* failing(bytes: Uint8Array) {
      yield bytes.subarray(0, bytes.length - 10);
      throw lost;
    }
    for (const bytes of [niftiBytes(counting), gzip(niftiBytes(counting))]) {
      for (const gunzip of [nodeGunzip, webGunzip]) {
        await expect(readNifti(failing(bytes), { gunzip })).rejects.toBe(lost);
      }
    }
  });

  test("stops at once when aborted, also while the source says nothing", async () => {
    const whole = niftiBytes(counting);
    for (const bytes of [whole.subarray(0, 100), whole.subarray(0, 400), gzip(whole).subarray(0, 60)]) {
      for (const gunzip of [nodeGunzip, webGunzip]) {
        const abort = new AbortController();
        const reading = readNifti(stalled(bytes), { signal: abort.signal, gunzip });
        setTimeout(() => abort.abort(new Error("the person left")), 5);
        await expect(reading).rejects.toThrow("the person left");
      }
    }
    const gone = AbortSignal.abort(new Error("never started"));
    await expect(readNifti(inChunks(whole, 50), { signal: gone })).rejects.toThrow("never started");
  });

  test("closes a file that was opened for it and never read", async () => {
    const path = new URL(expected[0].file, fixtures);
    const unread = createReadStream(path);
    await expect(readNifti(unread, { signal: AbortSignal.abort(new Error("too late")) })).rejects.toThrow("too late");
    const image = createReadStream(path);
    await expectRefusal(readNiftiPair(inChunks(niftiBytes(counting), 50), image), "not-a-pair", "open that file alone");
    await expect.poll(() => [unread.closed, image.closed]).toEqual([true, true]);
  });

  test("readNiftiHeader() reads no further than it must", async () => {
    const long = new Uint8Array(100_000);
    long.set(niftiBytes(counting));
    const source = inChunks(long, 100);
    const header = await readNiftiHeader(source);
    expect(header).toMatchObject({ size: [3, 4, 5], dtype: "int16", voxelOffset: 352 });
    expect(source.taken).toBeLessThan(800);
    expect(source.closed).toBe(true);
  });
});

describe("readNifti() of files that end too soon", () => {
  const bytes = niftiBytes(counting);

  test("says what was promised and what was found", async () => {
    const promised = "the header promises 3 × 4 × 5 voxels of int16 (120 bytes from byte 352 on)";
    await expectRefusal(
      open(bytes.subarray(0, 400)),
      "truncated",
      `The file ends too soon: ${promised}, found 48 bytes`,
    );
    await expectRefusal(open(bytes.subarray(0, 352)), "truncated", `${promised}, found 0 bytes`);
    await expectRefusal(open(gzip(bytes.subarray(0, 470))), "truncated", `${promised}, found 118 bytes`);
  });

  test("says so inside the header", async () => {
    const message = "The file ends inside its header: a NIfTI-1 header has 348 bytes, found 347";
    await expectRefusal(open(bytes.subarray(0, 347)), "truncated", message);
    await expectRefusal(open(bytes.subarray(0, 3)), "not-nifti", "no NIfTI file");
    await expectRefusal(open(new Uint8Array(0)), "not-nifti", "The file is empty");
    await expectRefusal(open(gzip(new Uint8Array(0))), "not-nifti", "The file is empty");
  });

  test("refuses a gzip cut anywhere, its checksum included", async () => {
    const noisy: Volume = { ...counting, data: Int16Array.from({ length: 60 }, (_, n) => n ** 5) };
    const packed = gzip(niftiBytes(noisy));
    for (let length = 3; length < packed.length; length += 7) {
      for (const gunzip of [nodeGunzip, webGunzip]) {
        await expectRefusal(open(packed.subarray(0, length), { gunzip }), "damaged", "damaged or cut off");
      }
    }
    await expectRefusal(open(packed.subarray(0, packed.length - 1)), "damaged", "damaged or cut off: it cannot");
  });

  test("refuses a gzip with a broken middle or checksum", async () => {
    const noise = Int16Array.from({ length: 60_000 }, (_, n) => (n * 7919) ^ (n >> 3));
    const packed = gzip(niftiBytes({ ...counting, data: noise, size: [300, 200, 1] }));
    const middle = packed.slice().fill(0xff, 40_000, 40_100);
    await expectRefusal(open(middle), "damaged", "damaged or cut off: the header promises 300 × 200 × 1 voxels");
    const checksum = packed.slice();
    checksum[checksum.length - 6] ^= 1;
    await expectRefusal(open(checksum), "damaged", "The gzip data is damaged or cut off");
  });
});

describe("readNifti() of bad headers", () => {
  const dim = (n: number, value: number) => (view: DataView) => view.setInt16(40 + 2 * n, value, true);
  const dtype = (code: number) => (view: DataView) => view.setInt16(70, code, true);
  const float = (at: number, value: number) => (view: DataView) => view.setFloat32(at, value, true);
  const both =
    (...edits: ((view: DataView) => void)[]) =>
    (view: DataView) => {
      for (const edit of edits) edit(view);
    };
  const noForms = (view: DataView) => view.setInt32(252, 0, true);

  test.each<[string, (view: DataView) => void, VolumeErrorCode, string]>([
    ["a zero dimension", dim(2, 0), "bad-dimensions", "a size of 3 × 0 × 5; every dimension must be at least 1"],
    ["a negative dimension", dim(1, -3), "bad-dimensions", "a size of -3 × 4 × 5"],
    ["no dimensions", dim(0, 0), "bad-dimensions", "states 0 dimensions; NIfTI has 1 to 7"],
    ["eight dimensions", dim(0, 8), "bad-dimensions", "states 8 dimensions"],
    ["one dimension", dim(0, 1), "bad-dimensions", "a row of 3 numbers"],
    ["RGB", dtype(128), "unsupported-dtype", "RGB colours (RGB24)"],
    ["RGBA", dtype(2304), "unsupported-dtype", "RGBA colours (RGBA32)"],
    ["complex64", dtype(32), "unsupported-dtype", "complex numbers (complex64)"],
    ["complex128", dtype(1792), "unsupported-dtype", "complex numbers (complex128)"],
    ["float128", dtype(1536), "unsupported-dtype", "128-bit floating point numbers (float128)"],
    ["an unknown type", dtype(9999), "unsupported-dtype", "numbers of unknown type code 9999"],
    [
      "voxels inside the header",
      float(108, 348),
      "bad-offset",
      "start at byte 348; it must be a whole number from 352",
    ],
    ["voxels at no byte", float(108, Number.NaN), "bad-offset", "start at byte NaN"],
    ["voxels between bytes", float(108, 352.5), "bad-offset", "start at byte 352.5"],
    ["voxels far away", float(108, 1e9), "bad-offset", "start at byte 1000000000"],
    ["voxels behind the end", float(108, 5000), "truncated", "120 bytes from byte 5000 on), found 0 bytes"],
    ["NaN in the sform", float(284, Number.NaN), "bad-affine", "entries that are no finite numbers"],
    ["a flat sform", both(float(280, 0), float(296, 0), float(312, 0)), "bad-affine", "is singular"],
    ["no edge lengths", both(noForms, float(80, 0)), "bad-affine", "[0, 0, 0, 0]"],
    ["an infinite intercept", float(116, Infinity), "bad-scaling", "scales values by 1 and then adds Infinity"],
    ["no magic", (view) => view.setUint32(344, 0x78787878), "not-nifti", 'not marked by "n+1" or "ni1"'],
    ["Analyze", (view) => view.setUint32(344, 0), "analyze", "This is an Analyze 7.5 header"],
    ["a pair's magic", (view) => view.setUint8(345, 0x69), "not-a-pair", "the .img file with the voxels is needed too"],
  ])("refuses %s", async (_name, edit, code, message) => {
    const bytes = niftiBytes(counting, edit);
    await expectRefusal(open(bytes), code, message);
    await expectRefusal(open(gzip(bytes)), code, message);
  });

  test.each([
    ["an NRRD file", "NRRD0005"],
    ["a PNG picture", "\x89PNG\r\n"],
    ["a ZIP archive", "PK\x03\x04"],
    ["a DICOM file", `${"\0".repeat(128)}DICM`],
  ])("tells %s by its first bytes", async (name, start) => {
    const bytes = Uint8Array.from({ length: 600 }, (_, n) => start.charCodeAt(n) || 0);
    await expectRefusal(open(bytes), "not-nifti", `This is ${name}`);
  });

  test("refuses sizes that no machine holds, in both versions", async () => {
    const huge = both(dim(1, 30000), dim(2, 30000), dim(3, 30000));
    await expectRefusal(
      open(niftiBytes(counting, huge)),
      "too-large",
      "of int16 take 49.11 TiB, and 4 GiB are allowed",
    );
    const wide: Volume = { ...counting, data: new Int16Array(40000), size: [40000, 1, 1] };
    const absurd = niftiBytes(wide, (view) => view.setBigInt64(32, 2n ** 62n, true));
    await expectRefusal(open(absurd), "too-large", "more than any file can hold");
  });
});

describe("readNifti() of several volumes", () => {
  test("refuses to choose, and says what there is", async () => {
    const message = "holds 2 volumes of 3 × 4 × 5 voxels (the file is 3 × 4 × 5 × 2): choose one, from 0 to 1";
    await expectRefusal(open(twoFrames()), "several-volumes", message);
  });

  test("reads the one asked for", async () => {
    for (const bytes of [twoFrames(), gzip(twoFrames())]) {
      for (const frame of [0, 1]) {
        const { volume } = await open(bytes, { frame });
        expect([...volume.data]).toEqual(Array.from({ length: 60 }, (_, n) => 60 * frame + n));
      }
    }
    await expectRefusal(open(twoFrames(), { frame: 2 }), "no-such-frame", "There is no volume 2: the file holds 2");
    await expectRefusal(open(twoFrames(), { frame: -1 }), "no-such-frame", "There is no volume -1");
    await expectRefusal(open(niftiBytes(counting), { frame: 1 }), "no-such-frame", "one volume, number 0");
    await expect(open(niftiBytes(counting), { frame: 0 })).resolves.toMatchObject({ volume: counting });
  });
});

describe("readNiftiPair()", () => {
  test("joins header and image, packed or not", async () => {
    const { header, image } = pairBytes(counting);
    for (const wrap of [(bytes: Uint8Array) => bytes, gzip]) {
      const read = await readNiftiPair(inChunks(wrap(header), 100), inChunks(wrap(image), 50));
      expect(read.volume).toEqual(counting);
      expect(read.header).toMatchObject({ pair: true, voxelOffset: 0 });
    }
  });

  test("refuses what does not belong together, and lets go of both", async () => {
    const { header, image } = pairBytes(counting);
    await expectRefusal(
      readNiftiPair(inChunks(header, 9), inChunks(image.subarray(2), 9)),
      "truncated",
      "found 118 bytes",
    );
    const sources = [inChunks(niftiBytes(counting), 50), inChunks(image, 50)];
    await expectRefusal(readNiftiPair(sources[0], sources[1]), "not-a-pair", "open that file alone");
    expect(sources[0].closed).toBe(true);
    await expect.poll(() => sources[1].closed).toBe(true);
  });
});

describe("readNifti() of geometry", () => {
  const read = async (edit: (view: DataView) => void) => (await open(niftiBytes(counting, edit))).volume;

  test.each([
    ["metres", 1, 1000],
    ["millimetres", 2, 1],
    ["microns", 3, 0.001],
    ["no unit", 0, 1],
    ["microns and seconds", 3 | 8, 0.001],
  ])("gives mm for a file in %s", async (_name, code, factor) => {
    const { affine } = await read((view) => view.setUint8(123, code));
    expect(affine.slice(0, 12)).toEqual(counting.affine.slice(0, 12).map((value) => value * factor));
  });

  test("takes the sform, then the qform, then edge lengths", async () => {
    const qform = (view: DataView) => {
      view.setInt16(252, 1, true);
      [0, 0, Math.SQRT1_2, 5, 6, 7].forEach((value, n) => {
        view.setFloat32(256 + 4 * n, value, true);
      });
      [-1, 2, 3, 4].forEach((value, n) => {
        view.setFloat32(76 + 4 * n, value, true);
      });
    };
    expect((await read(qform)).affine).toEqual(counting.affine);
    const withoutSform = (view: DataView) => {
      qform(view);
      view.setInt16(254, 0, true);
    };
    const wanted = [0, -3, 0, 5, 2, 0, 0, 6, 0, 0, -4, 7, 0, 0, 0, 1];
    expect((await read(withoutSform)).affine).toEqual(wanted.map((value) => expect.closeTo(value, 5)));
    const neither = (view: DataView) => {
      qform(view);
      view.setInt32(252, 0, true);
    };
    expect((await read(neither)).affine).toEqual([2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1]);
  });

  test("gives a single slice without a third edge length one of a unit", async () => {
    const slice: Volume = { ...counting, data: counting.data.slice(0, 12), size: [3, 4, 1] };
    const flat = niftiBytes(slice, (view) => {
      view.setInt16(40, 2, true);
      for (const at of [288, 304, 320]) view.setFloat32(at, 0, true);
    });
    const { volume, header } = await open(flat);
    expect(volume.size).toEqual([3, 4, 1]);
    expect(header.dims).toEqual([3, 4]);
    const [a, b, c, , d, e, f, , g, h, i] = volume.affine;
    expect([a * c + d * f + g * i, b * c + e * f + h * i, Math.hypot(c, f, i)]).toEqual(
      [0, 0, 1].map((value) => expect.closeTo(value, 9)),
    );
  });

  test.each([
    [2, -1024, { slope: 2, intercept: -1024 }],
    [0, -1024, { slope: 1, intercept: 0 }],
    [Number.NaN, Number.NaN, { slope: 1, intercept: 0 }],
    [-0.5, 0, { slope: -0.5, intercept: 0 }],
  ])("reads scl_slope %d and scl_inter %d", async (slope, intercept, wanted) => {
    const { scaling, data } = await read((view) => {
      view.setFloat32(112, slope, true);
      view.setFloat32(116, intercept, true);
    });
    expect(scaling).toEqual(wanted);
    expect(data[0]).toBe(100);
  });
});
