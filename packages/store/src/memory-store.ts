import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StoreError } from "./errors.ts";
import { type ImageFiles, imageFiles } from "./image-files.ts";
import { createTurns } from "./in-turn.ts";
import { checkBlobKey, checkSessionId } from "./keys.ts";
import type { SessionRecord, Store } from "./store.ts";

interface Entry {
  readonly record: SessionRecord;
  readonly image?: string;
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

/** A store that forgets everything when closed; only images, which readers open as files, lie in a temporary folder. */
export function memoryStore(): Store {
  const entries = new Map<string, Entry>();
  const touched = new Map<string, number>();
  const turns = createTurns();
  let folder: Promise<string> | undefined;
  let files: ImageFiles | undefined;
  let closed = false;

  const checkOpen = () => {
    if (closed) throw new StoreError("StoreClosed", "Cannot use the session store: it is closed");
  };
  const imageStore = async () => {
    folder ??= mkdtemp(join(tmpdir(), "septum-"));
    const root = await folder;
    files ??= imageFiles(root);
    return files;
  };
  const read = (id: string): SessionRecord | undefined => {
    const entry = entries.get(id);
    if (!entry) return undefined;
    const record = structuredClone(entry.record);
    const lastActivity = Math.max(record.lastActivity, touched.get(id) ?? 0);
    return { ...record, lastActivity, ...(entry.image && { image: entry.image }) };
  };

  return {
    async *sessions() {
      for (const id of [...entries.keys()]) {
        const record = read(id);
        if (record) yield record;
      }
    },

    get: read,

    blob: (id, key) => entries.get(id)?.blobs.get(key)?.slice(),

    blobs(id, prefix) {
      const found = [...(entries.get(id)?.blobs ?? [])].filter(([key]) => key.startsWith(prefix));
      return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, bytes]) => [key, bytes.slice()]));
    },

    async commit(change) {
      checkOpen();
      const { image: _ignored, ...record } = structuredClone(change.record);
      checkSessionId(record.id);
      const put = new Map<string, Uint8Array>();
      for (const [key, bytes] of change.put ?? []) {
        checkBlobKey(key);
        put.set(key, bytes.slice());
      }
      const { remove = [], image: staged } = change;

      await turns.run(record.id, async () => {
        const before = entries.get(record.id);
        const adopted = staged && (await (await imageStore()).adopt(record.id, staged));
        const blobs = new Map(adopted ? [] : before?.blobs);
        for (const key of remove) blobs.delete(key);
        for (const [key, bytes] of put) blobs.set(key, bytes);
        const lastActivity = Math.max(record.lastActivity, before?.record.lastActivity ?? 0);
        const image = adopted?.name ?? before?.image;
        entries.set(record.id, { record: { ...record, lastActivity }, blobs, ...(image && { image }) });
        if (adopted && before?.image) await files?.remove(record.id, before.image);
      });
    },

    touch(id, at) {
      if (entries.has(id)) touched.set(id, Math.max(at, touched.get(id) ?? 0));
    },

    async stage(id) {
      checkOpen();
      checkSessionId(id);
      return (await imageStore()).stage(id);
    },

    imagePath(record) {
      const image = entries.get(record.id)?.image;
      return image && files?.path(record.id, image);
    },

    async bytes(id) {
      const { image, blobs } = entries.get(id) ?? {};
      const inBlobs = [...(blobs?.values() ?? [])].reduce((sum, blob) => sum + blob.length, 0);
      return inBlobs + (image && files ? await files.bytes(id, image) : 0);
    },

    async delete(id) {
      checkOpen();
      checkSessionId(id);
      await turns.run(id, async () => {
        entries.delete(id);
        touched.delete(id);
        await files?.removeAll(id);
      });
    },

    async close() {
      closed = true;
      await turns.idle();
      entries.clear();
      if (folder) await rm(await folder, { recursive: true, force: true });
    },
  };
}
