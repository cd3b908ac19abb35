import { randomUUID } from "node:crypto";
import { access, readFile, writeFile } from "node:fs/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { Commit, SessionRecord, Store } from "./store.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

/** A record as the server might write one; `changes` replaces fields. */
export function sampleRecord(changes: Partial<SessionRecord> = {}): SessionRecord {
  const state = { size: [5, 4, 3], points: new Map([[1, [0, 2, 1]]]), seed: undefined, affine: Float64Array.of(1, -0) };
  return { id: randomUUID(), createdAt: 1_000, lastActivity: 2_000, state, ...changes };
}

/** Everything a store shows of one session, for comparing. */
export async function snapshot(store: Store, id: string, keys: readonly string[]) {
  const record = store.get(id);
  const path = record && store.imagePath(record);
  const { image: _generated, ...rest } = record ?? {};
  const shown = keys.flatMap((key) => {
    const blob = store.blob(id, key);
    return blob ? [[key, Buffer.from(blob).toString("base64")]] : [];
  });
  return { record: record && rest, blobs: shown, image: path ? await readFile(path, "base64") : undefined };
}

/** What every store promises. `open` makes an empty one; the suite closes it. */
export function testStore(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    const opened: Store[] = [];
    const begin = async () => {
      const store = await open();
      opened.push(store);
      return store;
    };
    const list = async (store: Store) => {
      const ids: string[] = [];
      for await (const record of store.sessions()) ids.push(record.id);
      return ids.sort();
    };
    const stageWith = async (store: Store, id: string, content: Uint8Array) => {
      const staged = await store.stage(id);
      await writeFile(staged.path, content);
      return staged;
    };

    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
    });

    it("is empty at first", async () => {
      const store = await begin();
      expect(await list(store)).toEqual([]);
      expect(store.get(randomUUID())).toBeUndefined();
      expect(store.blob(randomUUID(), "mask/1")).toBeUndefined();
    });

    it("gives back a record as it was, with maps, typed arrays and undefined", async () => {
      const store = await begin();
      const record = sampleRecord();
      await store.commit({ record });
      expect(store.get(record.id)).toStrictEqual(record);
      expect(await list(store)).toEqual([record.id]);
    });

    it("keeps what was true when commit() was called, whatever the caller does to its objects afterwards", async () => {
      const store = await begin();
      const points = [1];
      const mask = bytes(1, 2, 3);
      const record = sampleRecord({ state: { points } });
      const done = store.commit({ record, put: new Map([["mask", mask]]) });
      points.push(2);
      mask.fill(9);
      await done;
      expect(store.get(record.id)?.state).toEqual({ points: [1] });
      expect(store.blob(record.id, "mask")).toEqual(bytes(1, 2, 3));
    });

    it("hands out copies that can be changed without harm", async () => {
      const store = await begin();
      const record = sampleRecord({ state: { points: [1] } });
      await store.commit({ record, put: new Map([["mask", bytes(1, 2)]]) });
      const state = store.get(record.id)?.state as { points: number[] } | undefined;
      state?.points.push(5);
      store.blob(record.id, "mask")?.fill(7);
      expect(store.get(record.id)?.state).toEqual({ points: [1] });
      expect(store.blob(record.id, "mask")).toEqual(bytes(1, 2));
    });

    it("lists the blobs of one session whose key starts alike, in order", async () => {
      const store = await begin();
      const [record, other] = [sampleRecord(), sampleRecord()];
      const keys = ["object-1/step-2", "object-1", "object-10/step-1", "object-1/~", "object-1/step-11", "step-1", "~"];
      await store.commit({ record, put: new Map(keys.map((key, n) => [key, bytes(n)])) });
      await store.commit({ record: other, put: new Map([["object-1/step-3", bytes(9)]]) });
      const found = [...store.blobs(record.id, "object-1/")];
      expect(found).toEqual([
        ["object-1/step-11", bytes(4)],
        ["object-1/step-2", bytes(0)],
        ["object-1/~", bytes(3)],
      ]);
      for (const [, blob] of found) blob.fill(7);
      expect(store.blob(record.id, "object-1/step-2")).toEqual(bytes(0));
      expect([...store.blobs(record.id, "").keys()]).toEqual([...keys].sort());
      expect(store.blobs(record.id, "nothing").size).toBe(0);
      expect(store.blobs(randomUUID(), "").size).toBe(0);
    });

    it("stores the part of a buffer that a view shows", async () => {
      const store = await begin();
      const record = sampleRecord();
      await store.commit({ record, put: new Map([["mask", bytes(9, 1, 2, 9).subarray(1, 3)]]) });
      expect(store.blob(record.id, "mask")).toEqual(bytes(1, 2));
    });

    it("stores and returns a blob of 24 MB, and an empty one", async () => {
      const store = await begin();
      const record = sampleRecord();
      const large = new Uint8Array(24 << 20).map((_, index) => index * 31 + (index >> 11));
      await store.commit({
        record,
        put: new Map([
          ["large", large],
          ["empty", bytes()],
        ]),
      });
      expect(Buffer.compare(store.blob(record.id, "large") ?? bytes(), large)).toBe(0);
      expect(store.blob(record.id, "empty")).toEqual(bytes());
    });

    it("tells the bytes of a session's image and blobs together", async () => {
      const store = await begin();
      const [record, other] = [sampleRecord(), sampleRecord()];
      expect(await store.bytes(record.id)).toBe(0);
      const mask = new Map([["mask", new Uint8Array(300_000)]]);
      await store.commit({ record: other, put: mask });
      await store.commit({ record, image: await stageWith(store, record.id, new Uint8Array(1000)) });
      await store.commit({ record, put: new Map([...mask, ["history", bytes(1, 2, 3)]]) });
      expect(await store.bytes(record.id)).toBe(301_003);
      await store.commit({ record, remove: ["mask"] });
      expect(await store.bytes(record.id)).toBe(1003);
      await store.delete(record.id);
      expect(await store.bytes(record.id)).toBe(0);
    });

    it("puts and removes blobs, and keeps those of one session apart from another's", async () => {
      const store = await begin();
      const [a, b] = [sampleRecord(), sampleRecord()];
      await store.commit({
        record: a,
        put: new Map([
          ["x", bytes(1)],
          ["y", bytes(2)],
        ]),
      });
      await store.commit({ record: b, put: new Map([["x", bytes(3)]]) });
      await store.commit({ record: a, put: new Map([["y", bytes(4)]]), remove: ["x", "never there"] });
      expect(store.blob(a.id, "x")).toBeUndefined();
      expect(store.blob(a.id, "y")).toEqual(bytes(4));
      expect(store.blob(b.id, "x")).toEqual(bytes(3));
    });

    it("commits one session's changes in the order they were called", async () => {
      const store = await begin();
      const record = sampleRecord();
      const staged = await stageWith(store, record.id, bytes(1));
      const steps: Commit[] = [
        { record, put: new Map([["a", bytes(1)]]) },
        { record, image: staged, put: new Map([["b", bytes(2)]]) },
        { record: { ...record, state: "last" }, put: new Map([["c", bytes(3)]]) },
      ];
      await Promise.all(steps.map((step) => store.commit(step)));
      expect(store.blob(record.id, "a")).toBeUndefined();
      expect(store.blob(record.id, "b")).toEqual(bytes(2));
      expect(store.blob(record.id, "c")).toEqual(bytes(3));
      expect(store.get(record.id)?.state).toBe("last");
    });

    it("makes a staged file the image, and replaces the image and all blobs with the next one", async () => {
      const store = await begin();
      const record = sampleRecord();
      await store.commit({ record, image: await stageWith(store, record.id, bytes(1, 1)) });
      const first = store.imagePath(record) ?? "";
      expect(await readFile(first)).toEqual(Buffer.from([1, 1]));
      await store.commit({ record, put: new Map([["mask", bytes(5)]]) });
      expect(store.imagePath(record)).toBe(first);

      const staged = await stageWith(store, record.id, bytes(2, 2));
      await store.commit({ record, image: staged, put: new Map([["history", bytes(6)]]) });
      expect(await readFile(store.imagePath(record) ?? "")).toEqual(Buffer.from([2, 2]));
      expect(store.blob(record.id, "mask")).toBeUndefined();
      expect(store.blob(record.id, "history")).toEqual(bytes(6));
      await expect(access(first)).rejects.toThrow("ENOENT");
      await expect(access(staged.path)).rejects.toThrow("ENOENT");
    });

    it("discards a staged file, and then refuses to commit it and changes nothing", async () => {
      const store = await begin();
      const record = sampleRecord({ state: "before" });
      await store.commit({ record, put: new Map([["mask", bytes(5)]]) });
      const staged = await stageWith(store, record.id, bytes(2, 2));
      await staged.discard();
      await staged.discard();
      const before = await snapshot(store, record.id, ["mask", "new"]);
      const change = { record: { ...record, state: "after" }, image: staged, put: new Map([["new", bytes(1)]]) };
      await expect(store.commit(change)).rejects.toThrow("Cannot commit the upload: it is no longer there");
      expect(await snapshot(store, record.id, ["mask", "new"])).toEqual(before);
    });

    it("refuses an upload that was staged for another session, and leaves it staged", async () => {
      const store = await begin();
      const [record, other] = [sampleRecord(), sampleRecord()];
      const staged = await stageWith(store, other.id, bytes(2));
      await expect(store.commit({ record, image: staged })).rejects.toThrow("it was staged for another session");
      expect(store.get(record.id)).toBeUndefined();
      await store.commit({ record: other, image: staged });
      expect(await readFile(store.imagePath(other) ?? "")).toEqual(Buffer.from([2]));
    });

    it("goes on after a refused commit", async () => {
      const store = await begin();
      const record = sampleRecord();
      const bad = new Map([["é", bytes(1)]]);
      await expect(store.commit({ record, put: bad })).rejects.toThrow("a key is 1 to 200 printable ASCII characters");
      expect(store.get(record.id)).toBeUndefined();
      await store.commit({ record });
      expect(store.get(record.id)).toStrictEqual(record);
    });

    it.each(["", "..", "../../etc", "0F8FAD5B-D9CB-469F-A165-70867728950E", `${randomUUID()}/x`])(
      "keeps no session named %j",
      async (id) => {
        const store = await begin();
        const message = `Cannot keep session ${JSON.stringify(id)}: its id is not a lower-case UUID`;
        await expect(store.commit({ record: sampleRecord({ id }) })).rejects.toThrow(message);
        await expect(store.stage(id)).rejects.toThrow(message);
        expect(store.get(id)).toBeUndefined();
        expect(store.imagePath(sampleRecord({ id }))).toBeUndefined();
      },
    );

    it("moves lastActivity forward by touch() and commit(), never back", async () => {
      const store = await begin();
      const record = sampleRecord({ lastActivity: 2_000 });
      await store.commit({ record });
      store.touch(record.id, 5_000);
      expect(store.get(record.id)?.lastActivity).toBe(5_000);
      store.touch(record.id, 4_000);
      await store.commit({ record: { ...record, lastActivity: 3_000 } });
      expect(store.get(record.id)?.lastActivity).toBe(5_000);
      await store.commit({ record: { ...record, lastActivity: 6_000 } });
      expect(store.get(record.id)?.lastActivity).toBe(6_000);
      store.touch(randomUUID(), 1);
      expect(await list(store)).toEqual([record.id]);
    });

    it("deletes a session with its blobs, image and staged files, and nothing of another", async () => {
      const store = await begin();
      const [gone, kept] = [sampleRecord(), sampleRecord()];
      for (const record of [gone, kept]) {
        const image = await stageWith(store, record.id, bytes(1));
        await store.commit({ record, image, put: new Map([["mask", bytes(5)]]) });
      }
      const image = store.imagePath(gone) ?? "";
      const staged = await stageWith(store, gone.id, bytes(8));
      const before = await snapshot(store, kept.id, ["mask"]);
      await store.delete(gone.id);
      await store.delete(gone.id);
      expect(await snapshot(store, gone.id, ["mask"])).toEqual({ record: undefined, blobs: [], image: undefined });
      await expect(access(image)).rejects.toThrow("ENOENT");
      await expect(access(staged.path)).rejects.toThrow("ENOENT");
      expect(await snapshot(store, kept.id, ["mask"])).toEqual(before);
      expect(await list(store)).toEqual([kept.id]);
    });

    it("refuses calls after close()", async () => {
      const store = await begin();
      await store.close();
      await store.close();
      const message = "Cannot use the session store: it is closed";
      await expect(store.commit({ record: sampleRecord() })).rejects.toThrow(message);
      await expect(store.stage(randomUUID())).rejects.toThrow(message);
      await expect(store.delete(randomUUID())).rejects.toThrow(message);
    });
  });
}
